using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Orchestration;

namespace QwenMesh.Gateway.Jobs;

/// <summary>
/// The checkpoints of one attempt at a job, in the blob store. One file is written at a time; a checkpoint that waits gives way to a newer one of its
/// picture. Every attempt writes files of its own, and reads those of the attempts before it: one that has lost its lease, and goes on for a while,
/// overwrites nothing.
/// </summary>
internal sealed partial class JobCheckpoints(ClaimedJob claimed, IBlobStore blobs, TimeSpan pause, TimeProvider time, ILogger<JobCheckpoints> logger)
    : ICheckpoints
{
    // Fences whose files are looked for: an attempt that died early has written none, and a loss has a fence of its own.
    private const int FencesBefore = 16;

    private readonly Dictionary<int, Checkpoint> _waiting = [];
    private readonly Dictionary<int, long> _kept = [];
    private readonly long _begun = time.GetTimestamp();
    private readonly Lock _lock = new();
    private Task _writing = Task.CompletedTask;
    private bool _isWriting;
    private bool _hasFiles = claimed.Claim.Fence > 1;

    public async Task<Checkpoint?> FindAsync(int picture, string plan, CancellationToken cancellationToken)
    {
        var fence = claimed.Claim.Fence;
        for (var before = fence - 1; before > 0 && before >= fence - FencesBefore; before--)
        {
            try
            {
                var file = await blobs.GetAsync(BlobKeys.Checkpoint(claimed.Claim.Id, before, picture), cancellationToken);
                if (file is { } bytes && CheckpointFile.Read(bytes) is { } found && found.Plan == plan)
                {
                    LogFound(logger, claimed.Claim.Id, picture, found.Step);
                    return found;
                }
            }
            catch (IOException exception)
            {
                LogFailed(logger, claimed.Claim.Id, exception.Message);
            }
        }
        return null;
    }

    public bool Wants(int picture)
    {
        lock (_lock)
        {
            return time.GetElapsedTime(_kept.GetValueOrDefault(picture, _begun)) >= pause;
        }
    }

    public void Keep(int picture, Checkpoint checkpoint)
    {
        lock (_lock)
        {
            _waiting[picture] = checkpoint;
            _kept[picture] = time.GetTimestamp();
            _hasFiles = true;
            if (!_isWriting)
            {
                _isWriting = true;
                _writing = Task.Run(WriteAllAsync);
            }
        }
    }

    /// <summary>Waits until those that were given to it are kept, or could not be.</summary>
    public Task FlushAsync()
    {
        lock (_lock)
        {
            return _writing;
        }
    }

    /// <summary>The job has ended: nobody goes on from them. What cannot be deleted goes with the job's other files.</summary>
    public async Task DeleteAsync()
    {
        if (!_hasFiles)
        {
            return;
        }
        await FlushAsync(); // What is written later would stay.
        try
        {
            await blobs.DeleteAsync(BlobKeys.Checkpoints(claimed.Claim.Id), CancellationToken.None);
        }
        catch (IOException exception)
        {
            LogFailed(logger, claimed.Claim.Id, exception.Message);
        }
    }

    private async Task WriteAllAsync()
    {
        while (Next() is { } next)
        {
            try
            {
                await blobs.PutAsync(
                    BlobKeys.Checkpoint(claimed.Claim.Id, claimed.Claim.Fence, next.Picture), CheckpointFile.Write(next.Checkpoint), CheckpointFile.MediaType,
                    CancellationToken.None);
            }
            catch (Exception exception)
            {
                LogFailed(logger, claimed.Claim.Id, exception.Message);
            }
        }
    }

    private (int Picture, Checkpoint Checkpoint)? Next()
    {
        lock (_lock)
        {
            if (_waiting.Count == 0)
            {
                _isWriting = false;
                return null;
            }
            var (picture, checkpoint) = _waiting.First();
            _waiting.Remove(picture);
            return (picture, checkpoint);
        }
    }

    [LoggerMessage(455, LogLevel.Information, "Job {Job} goes on with picture {Picture} after step {Step}")]
    private static partial void LogFound(ILogger logger, string job, int picture, int step);

    [LoggerMessage(456, LogLevel.Warning, "A checkpoint of job {Job} is lost: {Reason}")]
    private static partial void LogFailed(ILogger logger, string job, string reason);
}
