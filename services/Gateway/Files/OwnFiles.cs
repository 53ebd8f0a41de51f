using System.Diagnostics;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Pictures;

namespace QwenMesh.Gateway.Files;

/// <summary>
/// Pictures of requests that are here already. An address is the Gateway's own when its path is signed by it: the host says nothing, since a Gateway is
/// reached under several.
/// </summary>
internal sealed class OwnFiles(IBlobStore blobs, FileUrls urls, Uploads uploads, IOptions<PictureOptions> options) : IOwnFiles
{
    // A store that hangs is the Gateway's fault, and told as one before the time for fetching pictures, the client's, is over.
    private readonly TimeSpan _longest = TimeSpan.FromSeconds(options.Value.FetchSeconds / 2);

    public async Task<ReadOnlyMemory<byte>?> ReadAsync(Uri address, CancellationToken cancellationToken)
    {
        if (await urls.ReadAsync(address.AbsolutePath, FileAccessKind.Read, cancellationToken) is not { } path)
        {
            return null;
        }
        if (urls.IsExpired(path))
        {
            throw new PictureException(PictureFaultKind.Unreachable, "the address of the picture has expired");
        }
        return await InTimeAsync(stop => BlobFaults.ReachAsync(() => blobs.GetAsync(path.Key, stop)), cancellationToken)
            ?? throw new PictureException(PictureFaultKind.Unreachable, "the picture at its address is no longer kept");
    }

    public Task<ReadOnlyMemory<byte>?> ReadAssetAsync(string owner, string id, CancellationToken cancellationToken) =>
        InTimeAsync(stop => uploads.ReadAsync(owner, id, stop), cancellationToken);

    private async Task<ReadOnlyMemory<byte>?> InTimeAsync(Func<CancellationToken, Task<ReadOnlyMemory<byte>?>> read, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_longest);
        try
        {
            return await read(limit.Token);
        }
        // A process that stood still for a while finds both times over, in any order.
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested || Stopwatch.GetElapsedTime(started) >= _longest)
        {
            throw new GenerationException(BlobFaults.Unreachable, late);
        }
    }
}
