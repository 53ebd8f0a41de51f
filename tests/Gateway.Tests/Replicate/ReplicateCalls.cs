using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.OpenAi;
using QwenMesh.Imaging;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Replicate;

/// <summary>Calls as the vendor's clients make them.</summary>
internal static class ReplicateCalls
{
    public const string Small = """{"input":{"prompt":"a red circle","aspect_ratio":"1:1","image_size":"optimize_for_speed"}}""";

    public static readonly Dictionary<string, string?> OneAtATime = new() { ["Gateway:MaxConcurrentGenerations"] = "1" };

    public static readonly (string, string) Wait = ("Prefer", "wait");

    public static string Picture(byte grey = 40, int width = 96, int height = 64) => $"data:image/png;base64,{Convert.ToBase64String(EditFiles.Png(grey, width, height))}";

    public static Task<JsonReply> CreateAsync(this GatewayHost gateway, string body = Small, string model = "qwen-image", params (string, string)[] headers) =>
        gateway.CallAsync(HttpMethod.Post, $"/v1/models/qwen/{model}/predictions", body, headers);

    public static Task<JsonReply> CreateOfVersionAsync(this GatewayHost gateway, string body, params (string, string)[] headers) =>
        gateway.CallAsync(HttpMethod.Post, "/v1/predictions", body, headers);

    public static Task<JsonReply> PredictionAsync(this GatewayHost gateway, JsonReply created) => gateway.CallAsync(HttpMethod.Get, created.TextAt("urls.get")!);

    public static Task<JsonReply> CancelAsync(this GatewayHost gateway, JsonReply created) => gateway.CallAsync(HttpMethod.Post, created.TextAt("urls.cancel")!);

    /// <summary>The prediction once it has a status.</summary>
    public static async Task<JsonReply> UntilAsync(this GatewayHost gateway, JsonReply created, string status)
    {
        JsonReply? last = null;
        await Eventually.TrueAsync(async () => (last = await gateway.PredictionAsync(created)).TextAt("status") == status, $"the prediction is {status}");
        return last!;
    }

    /// <summary>The only output, fetched.</summary>
    public static async Task<ImageInfo> FetchAsync(this GatewayHost gateway, JsonReply prediction)
    {
        var address = Assert.Single(prediction.At("output").EnumerateArray()).GetString()!;
        return new VipsDecoder().Probe(await gateway.Http.GetByteArrayAsync(new Uri(address), TestContext.Current.CancellationToken), new ImageLimits());
    }

    /// <summary>Holds the Denoiser until the result is set.</summary>
    public static TaskCompletionSource Hold(this FakeMesh mesh)
    {
        var hold = new TaskCompletionSource();
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        return hold;
    }

    public static Task ReachedAsync(this FakeMesh mesh) =>
        mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
}
