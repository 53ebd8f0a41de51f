using System.Net;
using QwenMesh.Protocol.V1;

namespace QwenMesh.StageHost;

/// <summary>Section <c>Stage</c>: ports and capacity, the same for every stage.</summary>
public sealed class StageOptions
{
    public const string Section = "Stage";

    /// <summary>Address both ports listen on. Default 127.0.0.1; 0.0.0.0 in a cluster.</summary>
    public string BindAddress { get; set; } = "127.0.0.1";

    /// <summary>gRPC port (HTTP/2, without TLS unless section Tls is set). 0 takes a free one.</summary>
    public int GrpcPort { get; set; }

    /// <summary>Port of /health/live, /health/ready and /metrics (HTTP/1.1). 0 takes a free one.</summary>
    public int HttpPort { get; set; }

    /// <summary>Calls computed at the same time. Default 1.</summary>
    public int MaxConcurrentCalls { get; set; } = 1;

    /// <summary>Calls that may wait for their turn. Default 64.</summary>
    public int MaxQueuedCalls { get; set; } = 64;

    /// <summary>Calls that may send their input at the same time; they are not in the queue yet. Default 256.</summary>
    public int MaxReceivingCalls { get; set; } = 256;

    /// <summary>Of those the calls of one address at most; a Gateway is one. Default 128.</summary>
    public int MaxReceivingCallsPerPeer { get; set; } = 128;

    /// <summary>Seconds that a call may go without a message while its input is incomplete. Default 60.</summary>
    public int InputTimeoutSeconds { get; set; } = 60;

    /// <summary>Seconds that a caller may leave a message of its answer untaken. Default 60.</summary>
    public int OutputTimeoutSeconds { get; set; } = 60;

    /// <summary>Seconds that one call may take in all, whatever deadline it brings. Default 7200.</summary>
    public int CallTimeoutSeconds { get; set; } = 7200;

    /// <summary>
    /// Seconds that a computation may take from one block of its model to the next. One that takes longer hangs: its call is ended, and the process, which
    /// only a restart gets out of this. Default 300; on a CPU one block of a large picture may take minutes.
    /// </summary>
    public double StallSeconds { get; set; } = 300;

    /// <summary>Threads of the tensor engine. Default 0: all processors.</summary>
    public int Threads { get; set; }

    /// <summary>Bytes of tensors accepted in one call. Default 256 MiB.</summary>
    public long MaxTensorBytes { get; set; } = 256L << 20;

    /// <summary>Bytes of a tensor in each message that is sent, but for its last. Default 512 KiB.</summary>
    public int ChunkBytes { get; set; } = 512 << 10;

    /// <summary>Seconds that running calls get to finish after a stop signal. Default 120.</summary>
    public int DrainSeconds { get; set; } = 120;

    /// <summary>
    /// Seconds after a stop signal in which a running call may end by itself; then one whose caller takes checkpoints is handed back with what is done.
    /// Default 10.
    /// </summary>
    public double HandBackSeconds { get; set; } = 10;

    /// <summary>What GetModelInfo says of them.</summary>
    public StageLimits Limits => new()
    {
        MaxConcurrentCalls = MaxConcurrentCalls,
        MaxQueuedCalls = MaxQueuedCalls,
        MaxTensorBytes = (ulong)MaxTensorBytes,
    };

    internal IEnumerable<string> Validate()
    {
        if (!IPAddress.TryParse(BindAddress, out _))
        {
            yield return $"{Section}:{nameof(BindAddress)} '{BindAddress}' is not an IP address";
        }
        foreach (var (key, port) in new[] { (nameof(GrpcPort), GrpcPort), (nameof(HttpPort), HttpPort) })
        {
            if (port is < 0 or > 65535)
            {
                yield return $"{Section}:{key} is {port}; 0 to 65535 are allowed";
            }
        }
        if (GrpcPort != 0 && GrpcPort == HttpPort)
        {
            yield return $"{Section}:{nameof(HttpPort)} must differ from {Section}:{nameof(GrpcPort)} ({GrpcPort})";
        }
        if (MaxConcurrentCalls < 1)
        {
            yield return $"{Section}:{nameof(MaxConcurrentCalls)} is {MaxConcurrentCalls}; at least 1 is needed";
        }
        if (MaxQueuedCalls < 0)
        {
            yield return $"{Section}:{nameof(MaxQueuedCalls)} is {MaxQueuedCalls}; it cannot be negative";
        }
        if (MaxReceivingCalls < 1)
        {
            yield return $"{Section}:{nameof(MaxReceivingCalls)} is {MaxReceivingCalls}; at least 1 is needed";
        }
        if (InputTimeoutSeconds is < 1 or > 3600)
        {
            yield return $"{Section}:{nameof(InputTimeoutSeconds)} is {InputTimeoutSeconds}; 1 to 3600 are allowed";
        }
        if (MaxReceivingCallsPerPeer < 1)
        {
            yield return $"{Section}:{nameof(MaxReceivingCallsPerPeer)} is {MaxReceivingCallsPerPeer}; at least 1 is needed";
        }
        if (OutputTimeoutSeconds is < 1 or > 3600)
        {
            yield return $"{Section}:{nameof(OutputTimeoutSeconds)} is {OutputTimeoutSeconds}; 1 to 3600 are allowed";
        }
        if (CallTimeoutSeconds is < 1 or > 604_800)
        {
            yield return $"{Section}:{nameof(CallTimeoutSeconds)} is {CallTimeoutSeconds}; 1 to 604800 are allowed";
        }
        if (!(StallSeconds is >= 0.05 and <= 86_400))
        {
            yield return FormattableString.Invariant($"{Section}:{nameof(StallSeconds)} is {StallSeconds}; 0.05 to 86400 are allowed");
        }
        if (Threads is < 0 or > 1024)
        {
            yield return $"{Section}:{nameof(Threads)} is {Threads}; 0 (all processors) to 1024 are allowed";
        }
        if (MaxTensorBytes is < 1 << 20 or > int.MaxValue)
        {
            yield return $"{Section}:{nameof(MaxTensorBytes)} is {MaxTensorBytes}; 1 MiB to 2 GiB - 1 are allowed";
        }
        if (ChunkBytes is < 256 << 10 or > 1 << 20)
        {
            yield return $"{Section}:{nameof(ChunkBytes)} is {ChunkBytes}; {256 << 10} (256 KiB) to {1 << 20} (1 MiB) are allowed";
        }
        if (!(HandBackSeconds is >= 0 and <= 3600))
        {
            yield return FormattableString.Invariant($"{Section}:{nameof(HandBackSeconds)} is {HandBackSeconds}; 0 to 3600 are allowed");
        }
        if (DrainSeconds is < 0 or > 3600)
        {
            yield return $"{Section}:{nameof(DrainSeconds)} is {DrainSeconds}; 0 to 3600 are allowed";
        }
    }
}
