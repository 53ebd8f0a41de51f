using System.Net;

namespace QwenMesh.Gateway;

/// <summary>Section <c>Gateway</c>. Checked once, before the ports open.</summary>
internal sealed class GatewayOptions
{
    public const string Section = "Gateway";

    /// <summary>Address both ports listen on. Default 127.0.0.1; 0.0.0.0 in a cluster.</summary>
    public string BindAddress { get; set; } = "127.0.0.1";

    /// <summary>Port of the dialects, health and metrics (HTTP/1.1). 0 takes a free one. Default 8080.</summary>
    public int HttpPort { get; set; } = 8080;

    /// <summary>Port that routes gRPC clients to the stages (HTTP/2, without TLS unless Tls:Edge is set). 0 takes a free one. Default 8081.</summary>
    public int GrpcPort { get; set; } = 8081;

    /// <summary>Seconds that one generation may take, from the request to the file; every stage sees the same deadline. Default 900.</summary>
    public int GenerationTimeoutSeconds { get; set; } = 900;

    /// <summary>Seconds after that deadline in which the stage at work reports it and is named; then the Gateway ends the generation. Default 0.5.</summary>
    public double DeadlineGraceSeconds { get; set; } = 0.5;

    /// <summary>Times that a generation is tried when replicas go away while they work on it; 1 repeats nothing. Default 4.</summary>
    public int MaxAttempts { get; set; } = 4;

    /// <summary>
    /// Seconds that a generation waits for a stage none of whose replicas takes its call, e.g. because the only one restarts; its deadline may end it
    /// earlier. Default 60.
    /// </summary>
    public double RetrySeconds { get; set; } = 60;

    /// <summary>Seconds that a new generation waits for a pool that has just lost its last serving replica; later ones get 503 at once. Default 5.</summary>
    public double EmptyPoolSeconds { get; set; } = 5;

    /// <summary>Steps that are lost at most when a Denoiser goes away: after every so many it sends latents to go on from. 0 for none. Default 5.</summary>
    public int CheckpointSteps { get; set; } = 5;

    /// <summary>A Denoiser that sends nothing for this many of the call's median steps has lost the call. Default 10.</summary>
    public double StallSteps { get; set; } = 10;

    /// <summary>Seconds of such silence that are always allowed. Default 30.</summary>
    public double StallSeconds { get; set; } = 30;

    /// <summary>Jobs that this Gateway runs at a time; others wait in the queue. Default 16.</summary>
    public int MaxConcurrentGenerations { get; set; } = 16;

    /// <summary>Value of Retry-After on 429 and 503. Default 5.</summary>
    public int RetryAfterSeconds { get; set; } = 5;

    /// <summary>Bytes of a request body; more is refused with 413. Default 16 MiB.</summary>
    public int MaxRequestBodyBytes { get; set; } = 16 << 20;

    /// <summary>Bytes of one prompt's conditioning, or of one picture's latents, that are relayed. Default 64 MiB.</summary>
    public long MaxRelayedBytes { get; set; } = 64L << 20;

    /// <summary>Bytes of all tensors between stages, of all generations together, that are held in memory. Default 1 GiB.</summary>
    public long ArtifactBytes { get; set; } = 1L << 30;

    /// <summary>Folder for the tensors that do not fit; empty refuses generations instead (429). Default empty.</summary>
    public string ArtifactFolder { get; set; } = "";

    /// <summary>Refuses fields that a dialect does not know, where they are otherwise ignored and named in x-qwenmesh-ignored.</summary>
    public bool Strict { get; set; }

    /// <summary>Id of the model profile. Default empty: chosen from what the stages have loaded.</summary>
    public string Profile { get; set; } = "";

    /// <summary>Folder of further profiles (*.json), preferred to the built-in ones. Default empty.</summary>
    public string ProfileFolder { get; set; } = "";

    /// <summary>Further model names, each "asked=served", e.g. "black-forest-labs/flux.1-dev=qwen/qwen-image".</summary>
    public IList<string> ModelAliases { get; set; } = [];

    /// <summary>Seconds after a stop signal in which the Gateway still takes requests, with readiness off. Default 5.</summary>
    public double PreStopSeconds { get; set; } = 5;

    /// <summary>Seconds that running generations get to finish after that. Default 120.</summary>
    public int DrainSeconds { get; set; } = 120;

    internal IEnumerable<string> Validate()
    {
        if (!IPAddress.TryParse(BindAddress, out _))
        {
            yield return $"{Section}:{nameof(BindAddress)} '{BindAddress}' is not an IP address";
        }
        if (HttpPort != 0 && HttpPort == GrpcPort)
        {
            yield return $"{Section}:{nameof(GrpcPort)} must differ from {Section}:{nameof(HttpPort)} ({HttpPort})";
        }
        (string Key, long Value, long Least, long Most)[] ranges =
        [
            (nameof(HttpPort), HttpPort, 0, 65535),
            (nameof(GrpcPort), GrpcPort, 0, 65535),
            (nameof(GenerationTimeoutSeconds), GenerationTimeoutSeconds, 1, 86_400),
            (nameof(MaxAttempts), MaxAttempts, 1, 100),
            (nameof(CheckpointSteps), CheckpointSteps, 0, 10_000),
            (nameof(MaxConcurrentGenerations), MaxConcurrentGenerations, 1, 100_000),
            (nameof(RetryAfterSeconds), RetryAfterSeconds, 1, 3600),
            (nameof(MaxRequestBodyBytes), MaxRequestBodyBytes, 1024, 1 << 30),
            (nameof(MaxRelayedBytes), MaxRelayedBytes, 1 << 20, 4L << 30),
            (nameof(ArtifactBytes), ArtifactBytes, 1 << 20, 1L << 50),
            (nameof(DrainSeconds), DrainSeconds, 0, 3600),
        ];
        foreach (var (key, value, least, most) in ranges)
        {
            if (value < least || value > most)
            {
                yield return $"{Section}:{key} is {value}; {least} to {most} are allowed";
            }
        }
        (string Key, double Value, double Least, double Most)[] fractions =
        [
            (nameof(DeadlineGraceSeconds), DeadlineGraceSeconds, 0, 60),
            (nameof(RetrySeconds), RetrySeconds, 0, 86_400),
            (nameof(EmptyPoolSeconds), EmptyPoolSeconds, 0, 3600),
            (nameof(PreStopSeconds), PreStopSeconds, 0, 3600),
            (nameof(StallSteps), StallSteps, 1, 1_000_000),
            (nameof(StallSeconds), StallSeconds, 0.05, 86_400),
        ];
        foreach (var (key, value, least, most) in fractions)
        {
            if (!(value >= least && value <= most))
            {
                yield return FormattableString.Invariant($"{Section}:{key} is {value}; {least} to {most} are allowed");
            }
        }
        if (ProfileFolder.Length > 0 && !Directory.Exists(ProfileFolder))
        {
            yield return $"{Section}:{nameof(ProfileFolder)}: there is no folder '{Path.GetFullPath(ProfileFolder)}'";
        }
        for (var i = 0; i < ModelAliases.Count; i++)
        {
            if (ModelAliases[i].Split('=') is not [{ Length: > 0 }, { Length: > 0 }])
            {
                yield return $"{Section}:{nameof(ModelAliases)}:{i} '{ModelAliases[i]}' is not of the form asked=served";
            }
        }
    }
}
