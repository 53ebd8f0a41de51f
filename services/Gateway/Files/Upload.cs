using System.Text.Json.Serialization;

namespace QwenMesh.Gateway.Files;

/// <summary>A file that a client sends ahead of the requests that use it.</summary>
/// <param name="Id">A random UUID.</param>
/// <param name="Key">Of the file; <see cref="FileUrls"/> makes addresses of it.</param>
/// <param name="MediaType">As the client said, e.g. "image/png".</param>
/// <param name="Description">What a PUT has to repeat in x-amz-meta-nvcf-asset-description; null: nothing.</param>
/// <param name="Expires">The end of the file.</param>
internal sealed record Upload(string Id, string Key, string MediaType, string? Description, DateTimeOffset Expires);

/// <summary>An upload whose bytes are still to come.</summary>
/// <param name="Upload">What will be there.</param>
/// <param name="PutPath">Where they are PUT; <see cref="FileUrls.Absolute"/> makes an address of it.</param>
/// <param name="PutUntil">When the path ends.</param>
internal sealed record UploadPlace(Upload Upload, string PutPath, DateTimeOffset PutUntil);

[JsonSerializable(typeof(Upload))]
internal sealed partial class UploadJson : JsonSerializerContext;
