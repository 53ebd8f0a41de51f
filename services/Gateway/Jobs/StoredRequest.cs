using System.Text.Json;
using System.Text.Json.Serialization;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Jobs;

/// <summary>A request as a job keeps it: its picture files are blobs (<see cref="BlobKeys.Input"/>).</summary>
/// <param name="Request">Without files.</param>
/// <param name="References">Number of references.</param>
/// <param name="HasMask">Whether there is a mask.</param>
/// <param name="Controls">Number of control pictures.</param>
internal sealed record StoredRequest(GenerationRequest Request, int References, bool HasMask, int Controls)
{
    // Files have no media type here: they are decoded by what they hold.
    private const string MediaType = "application/octet-stream";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    [JsonIgnore]
    public bool HasFiles => References > 0 || HasMask || Controls > 0;

    public static string Write(GenerationRequest request) => JsonSerializer.Serialize(
        new StoredRequest(WithoutFiles(request), request.References.Count, request.Mask is not null, request.Controls.Count), Json);

    /// <summary>The request without files; controls keep what else is said of them.</summary>
    public static GenerationRequest Read(string json) => Parse(json).Request;

    public static StoredRequest Parse(string json) =>
        JsonSerializer.Deserialize<StoredRequest>(json, Json) ?? throw new JsonException("a stored request is not null");

    /// <summary>Keeps the files of a request.</summary>
    /// <exception cref="IOException">They could not be kept.</exception>
    public static async Task PutFilesAsync(GenerationRequest request, string job, IBlobStore blobs, CancellationToken cancellationToken)
    {
        foreach (var (index, file) in request.References.Index())
        {
            await blobs.PutAsync(BlobKeys.Input(job, "reference", index), file, MediaType, cancellationToken);
        }
        if (request.Mask is { } mask)
        {
            await blobs.PutAsync(BlobKeys.Input(job, "mask", 0), mask, MediaType, cancellationToken);
        }
        foreach (var (index, control) in request.Controls.Index())
        {
            await blobs.PutAsync(BlobKeys.Input(job, "control", index), control.File, MediaType, cancellationToken);
        }
    }

    /// <summary>The request with its files.</summary>
    /// <exception cref="IOException">They could not be read.</exception>
    /// <exception cref="GenerationException">One is not there any more.</exception>
    public static async Task<GenerationRequest> ReadWithFilesAsync(string json, string job, IBlobStore blobs, CancellationToken cancellationToken)
    {
        var stored = Parse(json);
        var references = new ReadOnlyMemory<byte>[stored.References];
        for (var index = 0; index < references.Length; index++)
        {
            references[index] = await FileAsync("reference", index);
        }
        var controls = stored.Request.Controls.ToArray();
        for (var index = 0; index < controls.Length; index++)
        {
            controls[index] = controls[index] with { File = await FileAsync("control", index) };
        }
        // A null beside memory would be empty memory.
        ReadOnlyMemory<byte>? mask = stored.HasMask ? await FileAsync("mask", 0) : default(ReadOnlyMemory<byte>?);
        return stored.Request with { References = references, Controls = controls, Mask = mask };

        async Task<ReadOnlyMemory<byte>> FileAsync(string name, int index) =>
            await blobs.GetAsync(BlobKeys.Input(job, name, index), cancellationToken)
            ?? throw new GenerationException(new GenerationFault(null, FaultKind.Internal, $"the job's file {name} {index} is not there any more"));
    }

    public static GenerationRequest WithoutFiles(GenerationRequest request) => request with
    {
        References = [],
        Mask = null,
        Controls = [.. request.Controls.Select(control => control with { File = default })],
    };
}
