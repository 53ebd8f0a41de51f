namespace QwenMesh.Dialects.Bench;

/// <summary>A dialect's call for one PNG of 512x512.</summary>
/// <param name="Name">In the table.</param>
/// <param name="Path">Of the POST; of a GET without a body.</param>
/// <param name="Body">JSON.</param>
/// <param name="Headers">Further ones, each with its line end.</param>
/// <param name="IsQueued">Whether it answers when the job is stored.</param>
internal sealed record Dialect(string Name, string Path, string Body, string Headers = "", bool IsQueued = false)
{
    public const string Prompt = "a big red circle on a blue background";

    public static Dialect Nim { get; } = new("NIM", "/v1/infer",
        $$"""{"prompt":"{{Prompt}}","width":512,"height":512,"steps":4,"seed":7,"output_format":"png"}""");

    public static Dialect OxenQueue { get; } = new("Oxen, queued", "/api/ai/queue",
        $$"""{"model":"qwen-image","prompt":"{{Prompt}}","aspect_ratio":"1:1","seed":7,"output_format":"png"}""", IsQueued: true);

    public static Dialect FalQueue { get; } = new("fal, queued", "/queue/fal-ai/qwen-image",
        $$"""{"prompt":"{{Prompt}}","image_size":{"width":512,"height":512},"seed":7}""", IsQueued: true);

    public static IReadOnlyList<Dialect> All { get; } =
    [
        Nim,
        new("NIM, GET /v1/metadata, no job", "/v1/metadata", ""),
        new("OpenAI, b64_json", "/v1/images/generations", $$"""{"prompt":"{{Prompt}}","size":"512x512","seed":7,"output_format":"png"}"""),
        new("Oxen", "/api/ai/images/generate", OxenQueue.Body),
        new("WaveSpeed, sync mode", "/api/v3/wavespeed-ai/qwen-image/text-to-image",
            $$"""{"prompt":"{{Prompt}}","size":"512*512","seed":7,"output_format":"png","enable_sync_mode":true}"""),
        new("DashScope", "/api/v1/services/aigc/multimodal-generation/generation",
            $$$"""{"model":"qwen-image-2.0","input":{"messages":[{"role":"user","content":[{"text":"{{{Prompt}}}"}]}]},"parameters":{"size":"512*512","seed":7}}"""),
        new("fal", "/fal-ai/qwen-image", FalQueue.Body),
        new("Replicate, Prefer: wait", "/v1/models/qwen/qwen-image/predictions",
            $$$"""{"input":{"prompt":"{{{Prompt}}}","aspect_ratio":"1:1","seed":7,"output_format":"png"}}""", "Prefer: wait=60\r\n"),
        new("Novita, submission alone", "/v3/async/qwen-image-txt2img", $$"""{"prompt":"{{Prompt}}","size":"512*512","seed":7,"output_format":"png"}""", IsQueued: true),
    ];

    public Task<ICaller> OpenAsync(Uri gateway) => HttpCaller.OpenAsync(gateway, Path, Body, Headers);
}
