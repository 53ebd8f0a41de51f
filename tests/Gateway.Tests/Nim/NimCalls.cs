using System.Text.Json;
using QwenMesh.Gateway.Tests.Access;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Nim;

/// <summary>What clients of the hosted form do.</summary>
internal static class NimCalls
{
    public const string Request = """{"prompt":"x","width":512,"height":512,"seed":7}""";

    private const int MostPolls = 100;

    /// <summary>POST /v1/infer.</summary>
    /// <param name="gateway">The Gateway.</param>
    /// <param name="body">JSON.</param>
    /// <param name="seconds">NVCF-POLL-SECONDS; null sends none.</param>
    /// <param name="owner">Id of a key of <see cref="TestKeys"/>; null sends none.</param>
    /// <param name="headers">Others.</param>
    public static Task<JsonReply> InferAsync(
        this GatewayHost gateway, string body, string? seconds = null, string? owner = null, params IEnumerable<(string, string)> headers) =>
        gateway.CallAsync(HttpMethod.Post, "/v1/infer", body, [.. Headers(seconds, owner), .. headers]);

    /// <summary>Submits and has the id.</summary>
    public static async Task<string> SubmitAsync(this GatewayHost gateway, string body = Request, string? owner = null)
    {
        var accepted = await gateway.InferAsync(body, seconds: "0", owner);
        Assert.True(accepted.Status == 202, $"{accepted.Status}: {accepted.Text}");
        return accepted.Headers["NVCF-REQID"];
    }

    public static Task<JsonReply> PollAsync(this GatewayHost gateway, string id, string? seconds = null, string? owner = null, string path = "/v1/status") =>
        gateway.CallAsync(HttpMethod.Get, $"{path}/{id}", body: null, [.. Headers(seconds, owner)]);

    /// <summary>Polls as clients do, until the answer is final.</summary>
    public static async Task<JsonReply> EndAsync(this GatewayHost gateway, string id, string? seconds = "10", string? owner = null)
    {
        for (var polls = 0; polls < MostPolls; polls++)
        {
            if (await gateway.PollAsync(id, seconds, owner) is { Status: not 202 } final)
            {
                return final;
            }
        }
        throw new TimeoutException($"request {id} is pending after {MostPolls} polls");
    }

    public static JsonElement Artifact(this JsonReply reply)
    {
        Assert.True(reply.Status == 200, $"{reply.Status}: {reply.Text}");
        return Assert.Single(reply.At("artifacts").EnumerateArray());
    }

    private static IEnumerable<(string, string)> Headers(string? seconds, string? owner)
    {
        if (seconds is not null)
        {
            yield return ("NVCF-POLL-SECONDS", seconds);
        }
        if (owner is not null)
        {
            yield return ("Authorization", $"Bearer {TestKeys.Of(owner)}");
        }
    }
}
