using Microsoft.Extensions.Options;

namespace QwenMesh.Gateway.Files;

/// <summary>Removes expired uploads and what crashes have left from the folder, once an hour. A bucket has rules of its own for that (docs/files.md).</summary>
internal sealed partial class UploadSweep(IBlobStore blobs, IOptions<FilesOptions> options, TimeProvider time, ILogger<UploadSweep> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (blobs is not FolderBlobs folder)
        {
            return;
        }
        using var timer = new PeriodicTimer(Pause, time);
        do
        {
            try
            {
                // Off the thread that starts the host.
                await Task.Run(() => Sweep(folder), stoppingToken);
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
            {
                LogFailed(logger, folder.Folder, failed.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    // Some time later than they expire, in case that several machines share the folder and their clocks differ.
    private void Sweep(FolderBlobs folder) =>
        folder.Sweep(Uploads.Prefix, Uploads.Depth, (time.GetUtcNow() - options.Value.UploadLifetime - Pause).UtcDateTime);

    [LoggerMessage(401, LogLevel.Warning, "Old files cannot be removed from {Folder}: {Reason}")]
    private static partial void LogFailed(ILogger logger, string folder, string reason);
}
