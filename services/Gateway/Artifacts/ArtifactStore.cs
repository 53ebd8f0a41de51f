using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Gateway.Artifacts;

/// <summary>
/// All tensors between stages, of all generations, within one number of bytes. Beyond it the largest that nobody reads now go to files, where a folder for
/// them is configured; else the generation is refused. A key names a tensor for as long as it is kept.
/// </summary>
internal sealed partial class ArtifactStore : IDisposable
{
    private readonly ConcurrentDictionary<string, Artifact> _artifacts = new(StringComparer.Ordinal);
    private readonly long _mostBytes;
    private readonly string _folder;
    private readonly Lock _spilling = new();
    private readonly Meter _meter;
    private readonly ILogger _logger;
    private long _bytes;

    public ArtifactStore(IOptions<GatewayOptions> options, IMeterFactory meters, ILogger<ArtifactStore> logger)
    {
        _logger = logger;
        (_mostBytes, _folder) = (options.Value.ArtifactBytes, options.Value.ArtifactFolder);
        _meter = meters.Create(GatewayInstrumentation.Name);
        _meter.CreateObservableUpDownCounter("qwenmesh.gateway.artifacts.size", () => Bytes, "By", "Tensors between stages that are held in memory.");
        _meter.CreateObservableUpDownCounter("qwenmesh.gateway.artifacts.limit", () => _mostBytes, "By", "The most that they may take.");
    }

    /// <summary>Bytes in memory, of complete and of incomplete tensors.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public int Count => _artifacts.Count;

    /// <summary>A tensor that is about to be received. Dispose it when it is kept or when its call has failed.</summary>
    public ArtifactWriter Begin(string key, TensorHeader header, long mostBytes) => new(this, key, header, mostBytes);

    /// <summary>Keeps a tensor that was made here.</summary>
    /// <exception cref="GenerationException">There is no room.</exception>
    public Artifact Put(string key, OutgoingTensor tensor)
    {
        ArtifactWriter? writer = null;
        try
        {
            foreach (var frame in TensorFrames.Split(tensor, id: 0))
            {
                if (frame.Header is { } header)
                {
                    writer = Begin(key, header, long.MaxValue);
                }
                else
                {
                    writer!.Append(frame.Chunk);
                }
            }
            return writer!.Keep();
        }
        finally
        {
            writer?.Dispose();
        }
    }

    public Artifact? Find(string key) => _artifacts.GetValueOrDefault(key);

    /// <summary>Nobody reads those whose keys begin with this any more: the generation that they belong to has ended.</summary>
    public void Release(string prefix)
    {
        foreach (var artifact in _artifacts.Values.Where(artifact => artifact.Key.StartsWith(prefix, StringComparison.Ordinal)))
        {
            artifact.Dispose();
        }
    }

    public void Dispose()
    {
        _meter.Dispose();
        foreach (var artifact in _artifacts.Values)
        {
            artifact.Dispose();
        }
    }

    /// <exception cref="GenerationException">There is no room.</exception>
    internal void Charge(long bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) <= _mostBytes)
        {
            return;
        }
        try
        {
            if (SpillUntilItFits())
            {
                return;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotSpilled(_logger, _folder, exception.Message);
        }
        Interlocked.Add(ref _bytes, -bytes);
        throw new GenerationException(new GenerationFault(
            null, FaultKind.Overloaded, $"the tensors of all generations take more than {_mostBytes} bytes; try again later"));
    }

    internal void Discharge(long bytes) => Interlocked.Add(ref _bytes, -bytes);

    internal Artifact Keep(Artifact artifact) => _artifacts.TryAdd(artifact.Key, artifact)
        ? artifact
        : throw new InvalidOperationException($"there is an artifact '{artifact.Key}' already");

    internal void Remove(Artifact artifact)
    {
        lock (_spilling)
        {
            if (_artifacts.TryRemove(artifact.Key, out _) && !artifact.IsSpilled)
            {
                Discharge(artifact.Bytes);
            }
        }
    }

    private bool SpillUntilItFits()
    {
        if (_folder.Length == 0)
        {
            return false;
        }
        lock (_spilling)
        {
            foreach (var artifact in _artifacts.Values.Where(artifact => !artifact.IsSpilled && !artifact.IsRead).OrderByDescending(artifact => artifact.Bytes))
            {
                if (Bytes <= _mostBytes)
                {
                    break;
                }
                artifact.Spill(_folder);
                Discharge(artifact.Bytes);
            }
        }
        return Bytes <= _mostBytes;
    }

    [LoggerMessage(53, LogLevel.Error, "Tensors cannot be written to {Folder}: {Reason}")]
    private static partial void LogNotSpilled(ILogger logger, string folder, string reason);
}
