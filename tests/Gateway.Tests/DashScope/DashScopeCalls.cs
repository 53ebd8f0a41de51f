using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.OpenAi;

namespace QwenMesh.Gateway.Tests.DashScope;

/// <summary>Calls as the vendor's clients make them.</summary>
internal static class DashScopeCalls
{
    public const string Sync = "/api/v1/services/aigc/multimodal-generation/generation";
    public const string Async = "/api/v1/services/aigc/text2image/image-synthesis";

    public static readonly (string, string) Enable = ("X-DashScope-Async", "enable");

    public static string Picture(int width = 512, int height = 512) => $"data:image/png;base64,{Convert.ToBase64String(EditFiles.Png(40, width, height))}";

    public static string Message(string model, string content, string parameters = "{}") =>
        $$$"""{"model":"{{{model}}}","input":{"messages":[{"role":"user","content":[{{{content}}}]}]},"parameters":{{{parameters}}}}""";

    public static string Text(string text = "a red circle") => $$"""{"text":"{{text}}"}""";

    public static string Image(string address) => $$"""{"image":"{{address}}"}""";

    public static Task<JsonReply> DrawAsync(this GatewayHost gateway, string body) => gateway.CallAsync(HttpMethod.Post, Sync, body);

    public static Task<JsonReply> SubmitAsync(this GatewayHost gateway, string parameters = "{}", string prompt = "a red circle") =>
        gateway.CallAsync(HttpMethod.Post, Async, $$$"""{"model":"qwen-image-plus","input":{"prompt":"{{{prompt}}}"},"parameters":{{{parameters}}}}""", Enable);

    public static Task<JsonReply> TaskAsync(this GatewayHost gateway, string id) => gateway.CallAsync(HttpMethod.Get, $"/api/v1/tasks/{id}");

    public static Task<JsonReply> CancelTaskAsync(this GatewayHost gateway, string id) => gateway.CallAsync(HttpMethod.Post, $"/api/v1/tasks/{id}/cancel");

    /// <summary>The task once it has a status.</summary>
    public static async Task<JsonReply> UntilAsync(this GatewayHost gateway, string id, string status)
    {
        JsonReply? task = null;
        await QwenMesh.Testing.Eventually.TrueAsync(async () => (task = await gateway.TaskAsync(id)).TextAt("output.task_status") == status, $"the task is {status}");
        return task!;
    }
}
