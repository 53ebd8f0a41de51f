using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace QwenMesh.Load.Bench;

/// <summary>Asks NIM's route for pictures, each with a prompt and a seed of its own, so that no cache helps.</summary>
internal sealed class PictureClient(Uri gateway, LoadOptions options) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly HttpClient _http = new() { BaseAddress = gateway, Timeout = Limit };
    private int _asked;

    /// <summary>One picture. Does not throw for what the mesh answers, nor for what the network does.</summary>
    public async Task<Answer> DrawAsync()
    {
        var number = Interlocked.Increment(ref _asked);
        var request = new
        {
            prompt = $"a big red circle on a blue background, number {number}",
            width = options.Size,
            height = options.Size,
            steps = options.Steps,
            seed = number,
        };
        try
        {
            using var response = await _http.PostAsJsonAsync("/v1/infer", request);
            return await ReadAsync(response);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException or JsonException)
        {
            return new Answer(AnswerKind.Failed, $"{exception.GetType().Name}: {exception.Message}");
        }
    }

    public void Dispose() => _http.Dispose();

    /// <exception cref="JsonException">200 with a body that is no JSON.</exception>
    internal static async Task<Answer> ReadAsync(HttpResponseMessage response)
    {
        var status = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                using (var answer = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync()))
                {
                    return answer.RootElement.TryGetProperty("artifacts", out var artifacts) && artifacts is { ValueKind: JsonValueKind.Array } && artifacts.GetArrayLength() == 1
                        && artifacts[0].GetProperty("finishReason").ValueEquals("SUCCESS") && artifacts[0].GetProperty("base64").GetString() is { Length: > 0 }
                        ? new Answer(AnswerKind.Done)
                        : new Answer(AnswerKind.Failed, "200 without a picture");
                }
            case HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable:
                return response.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1)
                    ? new Answer(AnswerKind.Refused)
                    : new Answer(AnswerKind.Failed, $"{status} that does not say when to come back");
            default:
                return new Answer(AnswerKind.Failed, $"{status}: {await response.Content.ReadAsStringAsync()}");
        }
    }
}
