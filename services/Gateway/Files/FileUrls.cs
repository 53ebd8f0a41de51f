using Microsoft.Extensions.Options;

namespace QwenMesh.Gateway.Files;

/// <summary>Addresses of files: nobody guesses them, they expire, and they end as the file's format does.</summary>
internal sealed class FileUrls(ISigningKeys keys, IOptions<FilesOptions> options, TimeProvider time)
{
    private byte[]? _secret;

    /// <param name="baseAddress">Scheme and host that the client called; <c>Files:PublicUrl</c> comes before it.</param>
    /// <param name="key">Of the file.</param>
    /// <param name="mediaType">Of the file, e.g. "image/png".</param>
    /// <param name="expires">When the address ends; null: <c>Files:UrlHours</c> from now.</param>
    /// <param name="cancellationToken">The request's.</param>
    public async ValueTask<string> ForAsync(
        string baseAddress, string key, string mediaType, DateTimeOffset? expires, CancellationToken cancellationToken) =>
        Absolute(baseAddress, await PathAsync(FileAccessKind.Read, key, mediaType, expires ?? time.GetUtcNow() + options.Value.UrlLifetime, cancellationToken));

    /// <summary>The address of one of the Gateway's paths.</summary>
    public string Absolute(string baseAddress, string path) =>
        (options.Value.PublicUrl.Length > 0 ? options.Value.PublicUrl : baseAddress).TrimEnd('/') + path;

    public async ValueTask<string> PathAsync(
        FileAccessKind access, string key, string mediaType, DateTimeOffset expires, CancellationToken cancellationToken)
    {
        BlobKey.Check(key);
        return new SignedPath(access, key, expires, FileTypes.ExtensionOf(mediaType)).Sign(await SecretAsync(cancellationToken));
    }

    /// <summary>Reads a path or an address's path; null when this deployment has not signed it for that access. See <see cref="IsExpired"/>.</summary>
    public async ValueTask<SignedPath?> ReadAsync(string path, FileAccessKind access, CancellationToken cancellationToken) =>
        path.StartsWith(SignedPath.Root, StringComparison.Ordinal) ? SignedPath.Read(path, access, await SecretAsync(cancellationToken)) : null;

    public bool IsExpired(SignedPath path) => path.Expires <= time.GetUtcNow();

    // Made once for the deployment, so that it is asked for once.
    private async ValueTask<byte[]> SecretAsync(CancellationToken cancellationToken) => _secret ??= await keys.GetAsync("files", cancellationToken);
}
