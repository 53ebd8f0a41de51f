namespace QwenMesh.Gateway.Dialects.Fal;

/// <summary>One of the vendor's endpoints for Qwen-Image, with its defaults and ranges.</summary>
/// <param name="Path">After "fal-ai/", without "/lora" at the end.</param>
/// <param name="ServedAs">Names of models here that stand for it, the closest first.</param>
internal sealed record FalModel(string Path, IReadOnlyList<string> ServedAs)
{
    private const string Lora = "/lora";

    /// <summary>Whether it edits pictures.</summary>
    public bool IsEdit { get; init; }

    /// <summary>The field with the pictures that are edited.</summary>
    public string PictureField { get; init; } = "image_urls";

    public int Steps { get; init; } = 30;

    public int MostSteps { get; init; } = 50;

    public double Guidance { get; init; } = 4;

    /// <summary>The vendor's default for "acceleration".</summary>
    public string Acceleration { get; init; } = "none";

    /// <summary>The part that addresses of its requests have: the first of the path.</summary>
    public string Alias => Path.Split('/')[0];

    private static readonly FalModel[] Known =
    [
        new("qwen-image", ["qwen-image"]) { Guidance = 2.5 },
        new("qwen-image-2512", ["qwen-image-2512", "qwen-image"]) { Guidance = 2.5 },
        new("qwen-image-edit", ["qwen-image-edit"]) { IsEdit = true, PictureField = "image_url" },
        Plus("qwen-image-edit-plus", "qwen-image-edit-2509"),
        Plus("qwen-image-edit-2509", "qwen-image-edit-2509"),
        Plus("qwen-image-edit-2511", "qwen-image-edit-2511"),
        new("qwen-image-2/text-to-image", ["qwen-image-2512", "qwen-image"]) { Guidance = 2.5 },
        new("qwen-image-2/pro/text-to-image", ["qwen-image-2512", "qwen-image"]) { Guidance = 2.5 },
        Plus("qwen-image-2/edit", "qwen-image-edit-2511"),
        Plus("qwen-image-2/pro/edit", "qwen-image-edit-2511"),
    ];

    /// <summary>The endpoint of a path; null when it is none of the vendor's for these models.</summary>
    public static FalModel? Find(string path)
    {
        var plain = path.EndsWith(Lora, StringComparison.OrdinalIgnoreCase) ? path[..^Lora.Length] : path;
        return Array.Find(Known, model => model.Path.Equals(plain, StringComparison.OrdinalIgnoreCase));
    }

    private static FalModel Plus(string path, string served) =>
        new(path, [served, "qwen-image-edit-2511", "qwen-image-edit-2509"]) { IsEdit = true, Steps = 50, MostSteps = 100, Acceleration = "regular" };
}
