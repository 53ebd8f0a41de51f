namespace QwenMesh.Gateway.Pictures;

/// <summary>Pictures that the Gateway itself keeps: they are read where they are, not fetched.</summary>
internal interface IOwnFiles
{
    /// <summary>The file behind an address that the Gateway has given out; null when the address is somebody else's.</summary>
    /// <exception cref="PictureException">It has expired, or the file is gone.</exception>
    /// <exception cref="Generation.GenerationException">The store of files cannot be reached.</exception>
    Task<ReadOnlyMemory<byte>?> ReadAsync(Uri address, CancellationToken cancellationToken);

    /// <summary>A file that the owner has uploaded; null when there is none, or it has expired.</summary>
    Task<ReadOnlyMemory<byte>?> ReadAssetAsync(string owner, string id, CancellationToken cancellationToken);
}
