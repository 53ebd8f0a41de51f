using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Files;

namespace QwenMesh.Gateway.Jobs;

/// <summary>Begins the checkpoints of an attempt.</summary>
internal sealed class JobCheckpointing(IBlobStore blobs, IOptions<JobOptions> options, TimeProvider time, ILogger<JobCheckpoints> logger)
{
    public JobCheckpoints Begin(ClaimedJob claimed) => new(claimed, blobs, TimeSpan.FromSeconds(options.Value.CheckpointSeconds), time, logger);
}
