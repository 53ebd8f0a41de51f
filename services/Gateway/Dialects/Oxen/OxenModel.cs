using System.Text.Json.Nodes;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>What a model does with pictures.</summary>
internal enum OxenPictures
{
    /// <summary>Pictures from text only.</summary>
    None,

    /// <summary>Edits one picture.</summary>
    One,

    /// <summary>Edits one or several pictures.</summary>
    Several,

    /// <summary>Draws from text, and edits when there are pictures.</summary>
    Optional,
}

/// <summary>A model as the vendor's catalogue describes it.</summary>
/// <param name="Id">As clients send it.</param>
/// <param name="DisplayName">For people.</param>
/// <param name="Summary">For people.</param>
/// <param name="Pictures">What it does with pictures.</param>
/// <param name="Format">Default of output_format.</param>
/// <param name="Names">What it is called among the served models, the closest first.</param>
internal sealed record OxenModel(string Id, string DisplayName, string Summary, OxenPictures Pictures, string Format, IReadOnlyList<string> Names)
{
    private static readonly string[] Ratios = ["1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3"];

    /// <summary>The vendor's own.</summary>
    public static IReadOnlyList<OxenModel> Documented { get; } =
    [
        new("qwen-image", "Qwen-Image", "Pictures from text, with text in them", OxenPictures.None, "jpg", ["qwen-image"]) { IsDocumented = true },
        new("qwen-image-2512", "Qwen-Image 2512", "Pictures from text", OxenPictures.None, "webp", ["qwen-image-2512", "qwen-image"]) { IsDocumented = true },
        new("qwen-image-edit", "Qwen-Image-Edit", "Edits a picture by an instruction", OxenPictures.One, "png", ["qwen-image-edit"]) { IsDocumented = true },
        new("qwen-image-edit-plus", "Qwen-Image-Edit 2509", "Edits one or several pictures by an instruction", OxenPictures.Several, "png", ["qwen-image-edit-2509", "qwen-image-edit"]) { IsDocumented = true },
        new("qwen-image-edit-2511", "Qwen-Image-Edit 2511", "Edits one or several pictures by an instruction", OxenPictures.Several, "png", ["qwen-image-edit-2511", "qwen-image-edit-2509", "qwen-image-edit"]) { IsDocumented = true },
        new("qwen-image-2", "Qwen-Image 2", "Pictures from text, and edits", OxenPictures.Optional, "png", ["qwen-image-2", "qwen-image"]) { IsDocumented = true, AspectRatios = [.. Ratios, "2:1", "1:2"] },
    ];

    /// <summary>Ratios of width to height.</summary>
    public IReadOnlyList<string> AspectRatios { get; init; } = Ratios;

    /// <summary>Whether it is in the vendor's own catalogue, with the vendor's parameters.</summary>
    public bool IsDocumented { get; init; }

    public bool TakesPictures => Pictures != OxenPictures.None;

    public bool NeedsPictures => Pictures is OxenPictures.One or OxenPictures.Several;

    /// <summary>Where it is called at once.</summary>
    public string Endpoint => NeedsPictures ? "/images/edit" : "/images/generate";

    /// <summary>JSON schema of its parameters.</summary>
    public JsonObject Schema => OxenParameters.Schema(this);
}
