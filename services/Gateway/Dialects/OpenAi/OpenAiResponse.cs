using System.Buffers;
using System.Globalization;
using System.Text;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>{"created":N,"background":"opaque","output_format":"png","quality":"auto","size":"1024x1024","data":[{"b64_json":"..."}]}</summary>
internal static class OpenAiResponse
{
    /// <exception cref="DialectException">All pictures are withheld; nothing is written yet.</exception>
    public static async Task WriteAsync(
        HttpResponse response, OpenAiRequest parsed, GenerationResult result, DateTimeOffset created, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte>[] files = [.. result.Pictures.Where(picture => !picture.IsFiltered).Select(picture => picture.File)];
        if (files.Length == 0)
        {
            throw new DialectException(DialectErrorKind.ContentFiltered, "the picture is withheld by this service's rules");
        }
        var head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $$"""{"created":{{created.ToUnixTimeSeconds()}},"background":"opaque","output_format":"{{parsed.OutputFormat}}","quality":"{{parsed.Quality}}","size":"{{result.Pictures[0].Size}}","data":["""));
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/json";
        response.ContentLength = head.Length + End.Length + (files.Length - 1) + files.Sum(file => Begin.Length + Base64Text.Length(file) + Close.Length);
        response.BodyWriter.Write(head);
        for (var i = 0; i < files.Length; i++)
        {
            response.BodyWriter.Write(i == 0 ? [] : ","u8);
            response.BodyWriter.Write(Begin);
            await Base64Text.WriteAsync(response.BodyWriter, files[i], cancellationToken);
            response.BodyWriter.Write(Close);
        }
        response.BodyWriter.Write(End);
        await response.BodyWriter.FlushAsync(cancellationToken);
    }

    private static ReadOnlySpan<byte> Begin => "{\"b64_json\":\""u8;

    private static ReadOnlySpan<byte> Close => "\"}"u8;

    private static ReadOnlySpan<byte> End => "]}"u8;
}
