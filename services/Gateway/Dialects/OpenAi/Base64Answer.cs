using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>JSON with pictures in it, as base64 that is never held as text: an object up to the list of them, the list, and what closes both.</summary>
/// <param name="Head">Writes the object's members up to the list, which it begins.</param>
/// <param name="Begin">Before each picture's base64.</param>
/// <param name="Close">After it.</param>
/// <param name="End">Closes the list and the object.</param>
internal sealed record Base64Answer(Action<Utf8JsonWriter> Head, string Begin, string Close, string End)
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task WriteAsync(HttpResponse response, IReadOnlyList<ReadOnlyMemory<byte>> files, CancellationToken cancellationToken)
    {
        var (head, begin, close, end) = (HeadBytes(), Encoding.UTF8.GetBytes(Begin), Encoding.UTF8.GetBytes(Close), Encoding.UTF8.GetBytes(End));
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/json";
        response.ContentLength = head.Length + end.Length + (files.Count - 1) + files.Sum(file => begin.Length + Base64Text.Length(file) + close.Length);
        response.BodyWriter.Write(head.Span);
        for (var i = 0; i < files.Count; i++)
        {
            response.BodyWriter.Write(i == 0 ? [] : ","u8);
            response.BodyWriter.Write(begin);
            await Base64Text.WriteAsync(response.BodyWriter, files[i], cancellationToken);
            response.BodyWriter.Write(close);
        }
        response.BodyWriter.Write(end);
        await response.BodyWriter.FlushAsync(cancellationToken);
    }

    private ReadOnlyMemory<byte> HeadBytes()
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(bytes, Compact);
        json.WriteStartObject();
        Head(json);
        json.Flush();
        return bytes.WrittenMemory;
    }
}
