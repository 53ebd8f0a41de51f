using QwenMesh.Gateway.Pictures;

namespace QwenMesh.Gateway.Files;

/// <summary>
/// Pictures of requests that are here already. An address is the Gateway's own when its path is signed by it: the host says nothing, since a Gateway is
/// reached under several.
/// </summary>
internal sealed class OwnFiles(IBlobStore blobs, FileUrls urls, Uploads uploads) : IOwnFiles
{
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
        return await BlobFaults.ReachAsync(() => blobs.GetAsync(path.Key, cancellationToken))
            ?? throw new PictureException(PictureFaultKind.Unreachable, "the picture at its address is no longer kept");
    }

    public Task<ReadOnlyMemory<byte>?> ReadAssetAsync(string owner, string id, CancellationToken cancellationToken) => uploads.ReadAsync(owner, id, cancellationToken);
}
