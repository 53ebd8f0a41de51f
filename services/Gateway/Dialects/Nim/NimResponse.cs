using System.Buffers;
using System.Globalization;
using System.Text;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects.Nim;

/// <summary>{"artifacts":[{"base64":"...","finishReason":"SUCCESS","seed":N}]}; CONTENT_FILTERED and no picture where a guardrail refuses or withholds it.</summary>
internal static class NimResponse
{
    public static Task WriteAsync(HttpResponse response, GenerationResult result, CancellationToken cancellationToken) =>
        result.Pictures[0].IsFiltered
            ? WriteFilteredAsync(response, result.Pictures[0].Seed, cancellationToken)
            : WriteAsync(response, result.Pictures[0].File, "SUCCESS", result.Pictures[0].Seed, cancellationToken);

    /// <summary>For a refused request as for a withheld picture: clients look at <c>finishReason</c>, not at the status.</summary>
    /// <param name="response">Not begun.</param>
    /// <param name="seed">The request's.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    public static Task WriteFilteredAsync(HttpResponse response, ulong seed, CancellationToken cancellationToken) =>
        WriteAsync(response, ReadOnlyMemory<byte>.Empty, "CONTENT_FILTERED", seed, cancellationToken);

    private static async Task WriteAsync(
        HttpResponse response, ReadOnlyMemory<byte> file, string finishReason, ulong seed, CancellationToken cancellationToken)
    {
        var suffix = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\",\"finishReason\":\"{finishReason}\",\"seed\":{seed}}}]}}"));
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/json";
        response.ContentLength = Prefix.Length + Base64Text.Length(file) + suffix.Length;
        response.BodyWriter.Write(Prefix);
        await Base64Text.WriteAsync(response.BodyWriter, file, cancellationToken);
        await response.BodyWriter.WriteAsync(suffix, cancellationToken);
    }

    private static ReadOnlySpan<byte> Prefix => "{\"artifacts\":[{\"base64\":\""u8;
}
