using System.Globalization;
using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Dialects.Nim;

/// <summary>NIM's terms to the canonical request, with NIM's defaults.</summary>
internal static class NimTranslation
{
    /// <summary>Range of width and height in the vendor's schema for Qwen-Image.</summary>
    public const int MinSide = 512;
    public const int MaxSide = 1664;

    public const int DefaultSteps = 30;

    // Of the vendor's Kontext models; the same as none.
    private const string SameAsPicture = "match_input_image";

    /// <summary>The canonical request.</summary>
    /// <exception cref="DialectException">It breaks rules of the served model.</exception>
    public static GenerationRequest Translate(NimRequest request, BodyFields fields, ServedModel served)
    {
        var translated = new GenerationRequest
        {
            Prompt = request.Prompt,
            NegativePrompt = request.NegativePrompt,
            Size = Size(request, fields, served.Profile),
            Steps = request.Steps ?? served.Profile.Steps?.Default ?? DefaultSteps,
            Guidance = request.CfgScale ?? served.Profile.Guidance,
            Seed = request.Seed == 0 ? RandomSeed.Next() : (ulong)request.Seed,
            Format = Format(request.OutputFormat),
        };
        ModelFaults.ThrowIfAny(translated, served, fields, Name);
        return translated;
    }

    /// <summary>
    /// A given width or height counts, the other side is the profile's default; else the aspect ratio's bucket; else the default.
    /// Both together must agree: the size has that ratio exactly, or is its bucket. None of them leaves an edit's size to its picture (null).
    /// </summary>
    private static ImageSize? Size(NimRequest request, BodyFields fields, ModelProfile profile)
    {
        ImageSize? bucket = null;
        var isAsPicture = request.IsEdit && SameAsPicture.Equals(request.AspectRatio?.Trim(), StringComparison.OrdinalIgnoreCase);
        if (request.AspectRatio is { } ratio && !isAsPicture)
        {
            bucket = profile.AspectRatios.TryGetValue(ratio.Trim(), out var known)
                ? known
                : throw Refused(FieldFault.NotAmong(AspectRatio, [.. profile.AspectRatios.Keys], fields.Sent("aspect_ratio")));
        }
        if (request.Width is null && request.Height is null)
        {
            return bucket ?? (request.IsEdit ? null : profile.Sizes.Default);
        }
        var explicitSize = new ImageSize(request.Width ?? profile.Sizes.Default.Width, request.Height ?? profile.Sizes.Default.Height);
        return (bucket is null && !isAsPicture) || bucket == explicitSize || HasRatio(explicitSize, request.AspectRatio!)
            ? explicitSize
            : throw Refused(FieldFault.Because(AspectRatio,
                $"aspect_ratio '{request.AspectRatio}' contradicts the size {explicitSize}; give one of them", fields.Sent("aspect_ratio")));
    }

    private static FieldPath AspectRatio => FieldPath.Body.At("aspect_ratio");

    private static DialectException Refused(FieldFault fault) => new(DialectError.Of([fault]));

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

    private static string? Name(GenerationField field) => field switch
    {
        GenerationField.Width => "width",
        GenerationField.Height => "height",
        GenerationField.Steps => "steps",
        GenerationField.Guidance => "cfg_scale",
        GenerationField.Count => "samples",
        _ => null,
    };
}
