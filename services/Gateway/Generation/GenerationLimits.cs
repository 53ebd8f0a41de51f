using System.Globalization;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Generation;

/// <summary>What the served model allows. Checked once, here, after a dialect has applied its own rules.</summary>
internal static class GenerationLimits
{
    public static IEnumerable<GenerationViolation> Check(GenerationRequest request, ServedModel served)
    {
        var sizes = served.Profile.Sizes;
        foreach (var (field, side) in new[] { (GenerationField.Width, request.Size.Width), (GenerationField.Height, request.Size.Height) })
        {
            if (side < sizes.Minimum)
            {
                yield return new GenerationViolation(field, side, AtLeast: sizes.Minimum);
            }
            else if (side > sizes.Maximum)
            {
                yield return new GenerationViolation(field, side, AtMost: sizes.Maximum);
            }
        }
        foreach (var violation in Capacity(request.Size.FloorTo(served.Multiple), served))
        {
            yield return violation;
        }
        var mostSteps = served.Denoiser.Denoiser.MaxSteps;
        if (request.Steps < 1)
        {
            yield return new GenerationViolation(GenerationField.Steps, request.Steps, AtLeast: 1);
        }
        else if (mostSteps > 0 && request.Steps > mostSteps)
        {
            yield return new GenerationViolation(GenerationField.Steps, request.Steps, AtMost: mostSteps);
        }
        if (!double.IsFinite(request.Guidance) || request.Guidance < 0)
        {
            yield return new GenerationViolation(GenerationField.Guidance, request.Guidance, AtLeast: 0);
        }
        if (request.Count != 1)
        {
            yield return request.Count < 1
                ? new GenerationViolation(GenerationField.Count, request.Count, AtLeast: 1)
                : new GenerationViolation(GenerationField.Count, request.Count, AtMost: 1);
        }
    }

    // What the stages can hold in one call, whatever the profile says.
    private static IEnumerable<GenerationViolation> Capacity(ImageSize size, ServedModel served)
    {
        var tokens = (long)(size.Width / served.Multiple) * (size.Height / served.Multiple);
        if (served.Denoiser.Denoiser.MaxImageTokens is > 0 and var mostTokens && tokens > mostTokens)
        {
            yield return new GenerationViolation(GenerationField.Size, tokens, AtMost: mostTokens, Unit: "tokens of the picture");
        }
        var pixels = (long)size.Width * size.Height;
        if (served.Vae.Vae.MaxPixels is > 0 and var mostPixels && pixels > mostPixels)
        {
            yield return new GenerationViolation(GenerationField.Size, pixels, AtMost: mostPixels, Unit: "pixels");
        }
    }
}

internal enum GenerationField
{
    Width,
    Height,
    Size,
    Steps,
    Guidance,
    Count,
}

/// <summary>One rule broken by one field. Dialects put it into their own words.</summary>
internal sealed record GenerationViolation(GenerationField Field, double Value, double? AtLeast = null, double? AtMost = null, string? Unit = null)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Field} is {Value} {Unit}; {(AtLeast is { } least ? $"at least {least}" : $"at most {AtMost}")} is allowed");
}
