using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>{"model":"qwen-image","created":N,"images":[{"url":"...","revised_prompt":null}]}, or b64_json in place of both. Withheld pictures are left out.</summary>
internal static class OxenResponse
{
    public static Task WriteUrlsAsync(DialectCall call, string model, DateTimeOffset created, IEnumerable<string?> urls) =>
        JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, json =>
        {
            json.WriteString("model", model);
            json.WriteNumber("created", created.ToUnixTimeSeconds());
            json.WriteStartArray("images");
            foreach (var url in urls.OfType<string>())
            {
                json.WriteStartObject();
                json.WriteString("url", url);
                json.WriteNull("revised_prompt");
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });

    public static async Task WriteBase64Async(DialectCall call, string model, DateTimeOffset created, IEnumerable<GeneratedPicture> pictures)
    {
        var response = call.Context.Response;
        ReadOnlyMemory<byte>[] files = [.. pictures.Where(picture => !picture.IsFiltered).Select(picture => picture.File)];
        var head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $$"""{"model":"{{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(model)}}","created":{{created.ToUnixTimeSeconds()}},"images":["""));
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/json";
        response.ContentLength = head.Length + End.Length + Math.Max(files.Length - 1, 0) + files.Sum(file => Begin.Length + Base64Text.Length(file) + Close.Length);
        response.BodyWriter.Write(head);
        for (var i = 0; i < files.Length; i++)
        {
            response.BodyWriter.Write(i == 0 ? [] : ","u8);
            response.BodyWriter.Write(Begin);
            await Base64Text.WriteAsync(response.BodyWriter, files[i], call.Aborted);
            response.BodyWriter.Write(Close);
        }
        response.BodyWriter.Write(End);
        await response.BodyWriter.FlushAsync(call.Aborted);
    }

    private static ReadOnlySpan<byte> Begin => "{\"b64_json\":\""u8;

    private static ReadOnlySpan<byte> Close => "\"}"u8;

    private static ReadOnlySpan<byte> End => "]}"u8;
}
