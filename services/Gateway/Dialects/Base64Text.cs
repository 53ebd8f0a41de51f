using System.Buffers.Text;
using System.IO.Pipelines;

namespace QwenMesh.Gateway.Dialects;

/// <summary>Base64 in a response, written without ever holding the text.</summary>
internal static class Base64Text
{
    // A multiple of 3, so that only the last block is padded.
    private const int BlockBytes = 48 << 10;

    public static int Length(ReadOnlyMemory<byte> bytes) => Base64.GetMaxEncodedToUtf8Length(bytes.Length);

    public static async Task WriteAsync(PipeWriter writer, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
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
