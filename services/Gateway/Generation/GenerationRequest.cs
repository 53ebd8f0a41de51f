using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Generation;

/// <summary>
/// What every dialect translates to, and the front door for gRPC; the only request that the code behind them knows. It knows no HTTP, no protobuf and no
/// vendor. What is null is the served model's to choose.
/// </summary>
public sealed record GenerationRequest
{
    /// <summary>Which kind of picture.</summary>
    public GenerationTask Task { get; init; }

    /// <summary>Name of the model; null takes the default.</summary>
    public string? Model { get; init; }

    /// <summary>What to draw, or the instruction, in the user's words. An empty or blank one is drawn as it is: the model gets the template around it.</summary>
    public required string Prompt { get; init; }

    /// <summary>Null when the client gave none; the profile's default is then used while guidance is above 1. An empty one is used as it is.</summary>
    public string? NegativePrompt { get; init; }

    /// <summary>Complete image files, in the order in which the prompt counts them.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> References { get; init; } = [];

    /// <summary>A complete image file of the reference's size that marks what is drawn anew. Null for none.</summary>
    public ReadOnlyMemory<byte>? Mask { get; init; }

    /// <summary>How the mask marks it.</summary>
    public MaskKind MaskKind { get; init; }

    /// <summary>Pictures that guide the layout.</summary>
    public IReadOnlyList<ControlPicture> Controls { get; init; } = [];

    /// <summary>Adapters (LoRA) on the model's weights.</summary>
    public IReadOnlyList<AdapterChoice> Adapters { get; init; } = [];

    /// <summary>How much of the schedule is run from the reference, above 0 to 1. For image to image and inpainting.</summary>
    public double? Strength { get; init; }

    /// <summary>Size of the picture that is returned, in pixels.</summary>
    public ImageSize? Size { get; init; }

    /// <summary>E.g. "16:9", in place of a size: the model's size for it.</summary>
    public string? AspectRatio { get; init; }

    /// <summary>Denoising steps, at least 1.</summary>
    public int? Steps { get; init; }

    /// <summary>True CFG scale; at most 1 means no guidance.</summary>
    public double? Guidance { get; init; }

    /// <summary>Fixed when the request is translated, so that a repeated attempt gives the same picture. Picture i of several is drawn from seed + i.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Pictures, at least 1.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Of the files that are returned: PNG, JPEG or WebP.</summary>
    public ImageFormat Format { get; init; } = ImageFormat.Png;

    /// <summary>1 to 100, for JPEG and WebP.</summary>
    public int Quality { get; init; } = IPictureEncoder.DefaultQuality;

    /// <summary>When the client stops waiting; null takes the Gateway's limit, which also bounds it.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Larger is sooner, where requests wait.</summary>
    public int Priority { get; init; }

    /// <summary>A preview after every so many steps; 0 for none.</summary>
    public int PreviewInterval { get; init; }
}

/// <summary>Kinds of pictures.</summary>
public enum GenerationTask
{
    /// <summary>From the prompt alone.</summary>
    TextToImage,

    /// <summary>From references and an instruction.</summary>
    Edit,

    /// <summary>From one reference, with strength.</summary>
    ImageToImage,

    /// <summary>One reference, anew where the mask is white.</summary>
    Inpaint,

    /// <summary>From the prompt, along a control picture.</summary>
    Control,
}

/// <summary>How a mask marks what is drawn anew.</summary>
public enum MaskKind
{
    /// <summary>White.</summary>
    Lightness,

    /// <summary>Alpha 0.</summary>
    Transparency,
}

/// <param name="Name">Which of the model's control networks.</param>
/// <param name="File">A complete image file.</param>
/// <param name="Scale">Factor on the network's residuals.</param>
/// <param name="Start">Part of the schedule where it begins to work, 0 to 1.</param>
/// <param name="End">Part of the schedule where it ends to work, 0 to 1.</param>
public sealed record ControlPicture(string Name, ReadOnlyMemory<byte> File, double Scale = 1, double Start = 0, double End = 1);

/// <param name="Name">One of the model's adapters.</param>
/// <param name="Scale">Factor on its weights.</param>
public sealed record AdapterChoice(string Name, double Scale = 1);
