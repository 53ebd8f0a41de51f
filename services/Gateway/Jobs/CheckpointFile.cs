using System.Text.Json;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Orchestration;

namespace QwenMesh.Gateway.Jobs;

/// <summary>A checkpoint as a file: one line of JSON that says what it is, then the latents' bytes. A broken one reads as none.</summary>
internal static class CheckpointFile
{
    public const string MediaType = "application/octet-stream";

    private const byte EndOfLine = (byte)'\n';

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static ReadOnlyMemory<byte> Write(Checkpoint checkpoint)
    {
        var head = JsonSerializer.SerializeToUtf8Bytes(
            new Head(checkpoint.Plan, checkpoint.Step, checkpoint.IsLast, [.. checkpoint.Shape], BlobDigest.Sha256(checkpoint.Latents.Span)), Json);
        var file = new byte[head.Length + 1 + checkpoint.Latents.Length];
        head.CopyTo(file, 0);
        file[head.Length] = EndOfLine;
        checkpoint.Latents.CopyTo(file.AsMemory(head.Length + 1));
        return file;
    }

    /// <returns>Null for a file that is not complete, or not one.</returns>
    public static Checkpoint? Read(ReadOnlyMemory<byte> file)
    {
        var end = file.Span.IndexOf(EndOfLine);
        if (end < 0)
        {
            return null;
        }
        try
        {
            var latents = file[(end + 1)..];
            return JsonSerializer.Deserialize<Head>(file.Span[..end], Json) is { Shape: { Length: 3 } shape } head && head.Sha256 == BlobDigest.Sha256(latents.Span)
                ? new Checkpoint(head.Plan, head.Step, head.IsLast, shape, latents)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record Head(string Plan, int Step, bool IsLast, long[] Shape, string Sha256);
}
