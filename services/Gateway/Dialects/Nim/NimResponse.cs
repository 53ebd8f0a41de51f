using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects.Nim;

/// <summary>{"artifacts":[{"base64":"...","finishReason":"SUCCESS","seed":N}]}, written without ever holding the base64 text.</summary>
internal static class NimResponse
{
    // A multiple of 3, so that only the last block is padded.
    private const int BlockBytes = 48 << 10;

    public static async Task WriteAsync(HttpResponse response, GenerationResult result, CancellationToken cancellationToken)
    {
        var suffix = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\",\"finishReason\":\"SUCCESS\",\"seed\":{result.Seed}}}]}}"));
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/json";
        response.ContentLength = Prefix.Length + Base64.GetMaxEncodedToUtf8Length(result.File.Length) + suffix.Length;
        response.BodyWriter.Write(Prefix);
        await WriteBase64Async(response.BodyWriter, result.File, cancellationToken);
        await response.BodyWriter.WriteAsync(suffix, cancellationToken);
    }

    private static ReadOnlySpan<byte> Prefix => "{\"artifacts\":[{\"base64\":\""u8;

    private static async Task WriteBase64Async(PipeWriter writer, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            var block = bytes[..Math.Min(BlockBytes, bytes.Length)];
            Base64.EncodeToUtf8(block.Span, writer.GetSpan(Base64.GetMaxEncodedToUtf8Length(block.Length)), out _, out var written);
            writer.Advance(written);
            await writer.FlushAsync(cancellationToken);
            bytes = bytes[block.Length..];
        }
    }
}
