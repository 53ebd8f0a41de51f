using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Files;

/// <summary>
/// Files that clients send ahead: stored assets of NVCF, media of WaveSpeed. Kept for <c>Files:UploadHours</c>. Only their owner finds them by their ids.
/// </summary>
internal sealed class Uploads(IBlobStore blobs, FileUrls urls, IOptions<FilesOptions> options, TimeProvider time)
{
    /// <summary>What the keys of all uploads begin with: uploads/{owner}/{id}/about and /file.</summary>
    public const string Prefix = "uploads";

    /// <summary>Segments of a key after the prefix that are one upload.</summary>
    public const int Depth = 2;

    private const int OwnerBytes = 16;

    /// <summary>For how long bytes may be PUT.</summary>
    public static readonly TimeSpan PutLifetime = TimeSpan.FromHours(1);

    /// <summary>Makes room for a file that comes by PUT.</summary>
    /// <param name="owner">Who may read it; "" where nobody has a name.</param>
    /// <param name="mediaType">What the PUT's Content-Type has to be.</param>
    /// <param name="description">What its x-amz-meta-nvcf-asset-description has to be; null: whatever it likes.</param>
    /// <param name="cancellationToken">The request's.</param>
    /// <exception cref="GenerationException">The store failed.</exception>
    public async Task<UploadPlace> CreateAsync(string owner, string mediaType, string? description, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var upload = New(owner, mediaType, description, now);
        await RememberAsync(upload, cancellationToken);
        var until = now + PutLifetime;
        return new UploadPlace(upload, await urls.PathAsync(FileAccessKind.Write, upload.Key, mediaType, until, cancellationToken), until);
    }

    /// <summary>Keeps a file that is here already.</summary>
    /// <exception cref="GenerationException">The store failed.</exception>
    public async Task<Upload> PutAsync(string owner, ReadOnlyMemory<byte> bytes, string mediaType, CancellationToken cancellationToken)
    {
        var upload = New(owner, mediaType, description: null, time.GetUtcNow());
        await RememberAsync(upload, cancellationToken);
        await BlobFaults.ReachAsync(() => blobs.PutAsync(upload.Key, bytes, mediaType, cancellationToken));
        return upload;
    }

    /// <summary>What is known of an upload; null when the owner has none with that id, or it has expired. Its bytes may still be to come.</summary>
    /// <exception cref="GenerationException">The store failed.</exception>
    public Task<Upload?> FindAsync(string owner, string id, CancellationToken cancellationToken) =>
        FolderOf(owner, id) is { } folder ? FindInAsync(folder, cancellationToken) : Task.FromResult<Upload?>(null);

    /// <summary>The bytes of an upload; null when there are none for that owner, or they have expired.</summary>
    /// <exception cref="GenerationException">The store failed.</exception>
    public async Task<ReadOnlyMemory<byte>?> ReadAsync(string owner, string id, CancellationToken cancellationToken) =>
        await FindAsync(owner, id, cancellationToken) is { } upload ? await BlobFaults.ReachAsync(() => blobs.GetAsync(upload.Key, cancellationToken)) : null;

    /// <summary>Forgets an upload.</summary>
    /// <returns>Whether the owner had it.</returns>
    /// <exception cref="GenerationException">The store failed.</exception>
    public async Task<bool> DeleteAsync(string owner, string id, CancellationToken cancellationToken)
    {
        if (await FindAsync(owner, id, cancellationToken) is null)
        {
            return false;
        }
        await BlobFaults.ReachAsync(() => blobs.DeleteAsync(FolderOf(owner, id)!, cancellationToken));
        return true;
    }

    /// <summary>The upload whose file has that key; null when there is none any more.</summary>
    internal Task<Upload?> FindByKeyAsync(string key, CancellationToken cancellationToken) =>
        key.StartsWith(Prefix + "/", StringComparison.Ordinal) && key.EndsWith("/file", StringComparison.Ordinal)
            ? FindInAsync(key[..^"/file".Length], cancellationToken)
            : Task.FromResult<Upload?>(null);

    private async Task<Upload?> FindInAsync(string folder, CancellationToken cancellationToken)
    {
        if (await BlobFaults.ReachAsync(() => blobs.GetAsync($"{folder}/about", cancellationToken)) is not { } about)
        {
            return null;
        }
        var upload = JsonSerializer.Deserialize(about.Span, UploadJson.Default.Upload);
        return upload?.Expires > time.GetUtcNow() ? upload : null;
    }

    private Upload New(string owner, string mediaType, string? description, DateTimeOffset now)
    {
        // Random, not by time: where nobody has a name, the id is all that protects it.
        var id = Guid.NewGuid().ToString();
        return new Upload(id, $"{FolderOf(owner, id)}/file", mediaType, description, now + options.Value.UploadLifetime);
    }

    private Task RememberAsync(Upload upload, CancellationToken cancellationToken) => BlobFaults.ReachAsync(() => blobs.PutAsync(
        upload.Key[..^"file".Length] + "about", JsonSerializer.SerializeToUtf8Bytes(upload, UploadJson.Default.Upload), "application/json", cancellationToken));

    private static string? FolderOf(string owner, string id) => Guid.TryParseExact(id, "D", out var guid)
        ? $"{Prefix}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(owner)).AsSpan(0, OwnerBytes))}/{guid}"
        : null;
}
