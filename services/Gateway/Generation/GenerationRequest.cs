using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Generation;

/// <summary>What every dialect translates to; the only request that the code behind the dialects knows.</summary>
public sealed record GenerationRequest
{
    /// <summary>What to draw, in the user's words.</summary>
    public required string Prompt { get; init; }

    /// <summary>Null when the client gave none; the profile's default is then used while guidance is above 1.</summary>
    public string? NegativePrompt { get; init; }

    /// <summary>Size of the picture that is returned.</summary>
    public required ImageSize Size { get; init; }

    /// <summary>Denoising steps, at least 1.</summary>
    public required int Steps { get; init; }

    /// <summary>True CFG scale; at most 1 means no guidance.</summary>
    public required double Guidance { get; init; }

    /// <summary>Fixed when the request is translated, so that a repeated attempt gives the same picture.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Pictures; only 1 is drawn today.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Of the file that is returned: PNG, JPEG or WebP.</summary>
    public ImageFormat Format { get; init; } = ImageFormat.Png;

    /// <summary>1 to 100, for JPEG and WebP.</summary>
    public int Quality { get; init; } = IPictureEncoder.DefaultQuality;
}
