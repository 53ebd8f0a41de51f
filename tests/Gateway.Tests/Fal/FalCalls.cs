using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Fal;

/// <summary>Calls as the vendor's clients make them.</summary>
internal static class FalCalls
{
    public const string Small = """{"prompt":"a red circle","image_size":"square"}""";

    public static Task<JsonReply> DrawAsync(this GatewayHost gateway, string body = Small, string model = "qwen-image") =>
        gateway.CallAsync(HttpMethod.Post, $"/fal-ai/{model}", body);

    public static Task<JsonReply> SubmitAsync(this GatewayHost gateway, string body = Small, string model = "qwen-image", params (string, string)[] headers) =>
        gateway.CallAsync(HttpMethod.Post, $"/queue/fal-ai/{model}", body, headers);

    public static Task<JsonReply> GetAsync(this GatewayHost gateway, string address) => gateway.CallAsync(HttpMethod.Get, address);

    public static Task<JsonReply> CancelAsync(this GatewayHost gateway, JsonReply submitted) => gateway.CallAsync(HttpMethod.Put, submitted.TextAt("cancel_url")!);

    /// <summary>The status once it is one.</summary>
    public static async Task<JsonReply> UntilAsync(this GatewayHost gateway, JsonReply submitted, string status)
    {
        JsonReply? last = null;
        await QwenMesh.Testing.Eventually.TrueAsync(
            async () => (last = await gateway.GetAsync(submitted.TextAt("status_url") + "?logs=1")).TextAt("status") == status, $"the request is {status}");
        return last!;
    }
}
