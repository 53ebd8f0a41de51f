using System.Buffers;
using System.Globalization;
using System.Text;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects.Nim;

/// <summary>{"artifacts":[{"base64":"...","finishReason":"SUCCESS","seed":N}]}</summary>
internal static class NimResponse
{
    public static async Task WriteAsync(HttpResponse response, GenerationResult result, CancellationToken cancellationToken)
    {
        var suffix = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\",\"finishReason\":\"SUCCESS\",\"seed\":{result.Pictures[0].Seed}}}]}}"));
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/json";
        response.ContentLength = Prefix.Length + Base64Text.Length(result.Pictures[0].File) + suffix.Length;
        response.BodyWriter.Write(Prefix);
        await Base64Text.WriteAsync(response.BodyWriter, result.Pictures[0].File, cancellationToken);
        await response.BodyWriter.WriteAsync(suffix, cancellationToken);
    }

    private static ReadOnlySpan<byte> Prefix => "{\"artifacts\":[{\"base64\":\""u8;
}
