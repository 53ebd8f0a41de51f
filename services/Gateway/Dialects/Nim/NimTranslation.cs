using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using QwenMesh.Gateway.Dialects.Json;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Dialects.Nim;

/// <summary>NIM's terms to the canonical request, with NIM's defaults.</summary>
internal static class NimTranslation
{
    /// <summary>Range of width and height in the vendor's schema for Qwen-Image.</summary>
    public const int MinSide = 512;
    public const int MaxSide = 1664;

    private const int DefaultSteps = 30;

    public static readonly string[] ModesThatNeedAPicture = ["canny", "depth", "Image Editing"];

    /// <summary>The canonical request, or null with the rules of the served model that it breaks.</summary>
    public static GenerationRequest? Translate(NimRequest request, JsonElement body, ServedModel served, out IReadOnlyList<FieldFault> faults)
    {
        if (Size(request, body, served.Profile, out var fault) is not { } size)
        {
            faults = [fault!];
            return null;
        }
        var translated = new GenerationRequest
        {
            Prompt = request.Prompt,
            NegativePrompt = request.NegativePrompt,
            Size = size,
            Steps = request.Steps ?? DefaultSteps,
            Guidance = request.CfgScale ?? served.Profile.Guidance,
            Seed = request.Seed == 0 ? RandomSeed() : (ulong)request.Seed,
            Format = Format(request.OutputFormat),
        };
        faults = [.. GenerationLimits.Check(translated, served).Select(violation => Fault(violation, body))];
        return faults.Count == 0 ? translated : null;
    }

    /// <summary>
    /// A given width or height counts, the other side is the profile's default; else the aspect ratio's bucket; else the default.
    /// Both together must agree: the size has that ratio exactly, or is its bucket.
    /// </summary>
    private static ImageSize? Size(NimRequest request, JsonElement body, ModelProfile profile, out FieldFault? fault)
    {
        fault = null;
        ImageSize? bucket = null;
        if (request.AspectRatio is { } ratio)
        {
            if (!profile.AspectRatios.TryGetValue(ratio.Trim(), out var known))
            {
                fault = FieldFault.NotAmong("aspect_ratio", [.. profile.AspectRatios.Keys], body.GetProperty("aspect_ratio"));
                return null;
            }
            bucket = known;
        }
        if (request.Width is null && request.Height is null)
        {
            return bucket ?? profile.Sizes.Default;
        }
        var explicitSize = new ImageSize(request.Width ?? profile.Sizes.Default.Width, request.Height ?? profile.Sizes.Default.Height);
        if (bucket is not null && bucket != explicitSize && !HasRatio(explicitSize, request.AspectRatio!))
        {
            fault = FieldFault.Because("aspect_ratio",
                $"aspect_ratio '{request.AspectRatio}' contradicts the size {explicitSize}; give one of them", body.GetProperty("aspect_ratio"));
            return null;
        }
        return explicitSize;
    }

    private static bool HasRatio(ImageSize size, string ratio) =>
        ratio.Split(':') is [var w, var h] && int.TryParse(w, CultureInfo.InvariantCulture, out var width)
        && int.TryParse(h, CultureInfo.InvariantCulture, out var height)
        && (long)size.Width * height == (long)size.Height * width;

    private static ImageFormat Format(string? name) => name switch
    {
        "png" => ImageFormat.Png,
        "webp" => ImageFormat.WebP,
        _ => ImageFormat.Jpeg,
    };

    // Any seed but 0, which would ask for a random one again when a client sends it back.
    private static ulong RandomSeed() => 1 + (BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint))) % uint.MaxValue);

    private static FieldFault Fault(GenerationViolation violation, JsonElement body)
    {
        var field = violation.Field switch
        {
            GenerationField.Width => "width",
            GenerationField.Height => "height",
            GenerationField.Steps => "steps",
            GenerationField.Guidance => "cfg_scale",
            GenerationField.Count => "samples",
            _ => null,
        };
        JsonElement? input = field is not null && body.TryGetProperty(field, out var sent) ? sent : null;
        if (field is null)
        {
            return FieldFault.Because(null, FormattableString.Invariant(
                $"the size has {violation.Value} {violation.Unit}; this model takes at most {violation.AtMost}"), null);
        }
        return violation.AtLeast is { } least
            ? new FieldFault("greater_than_equal", field, FormattableString.Invariant($"Input should be greater than or equal to {least}"), input, ("ge", least))
            : new FieldFault("less_than_equal", field, FormattableString.Invariant($"Input should be less than or equal to {violation.AtMost}"), input, ("le", violation.AtMost!));
    }
}
