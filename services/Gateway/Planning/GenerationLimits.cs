using System.Globalization;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Planning;

/// <summary>What the served model allows. Checked once, here, after a dialect has applied its own rules.</summary>
internal static class GenerationLimits
{
    /// <summary>Pictures of one request at most.</summary>
    public const int MaxCount = 10;

    public static IEnumerable<GenerationViolation> Check(GenerationRequest asked, ServedModel served)
    {
        var request = GenerationPlanner.Settle(asked, served);
        var size = request.Size!.Value;
        var (steps, guidance) = (request.Steps!.Value, request.Guidance!.Value);
        var sizes = served.Profile.Sizes;
        foreach (var (field, side) in new[] { (GenerationField.Width, size.Width), (GenerationField.Height, size.Height) })
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
        foreach (var violation in Capacity(size.FloorTo(served.Multiple), served))
        {
            yield return violation;
        }
        var rules = served.Profile.Steps;
        var (leastSteps, mostSteps) = (rules?.Minimum ?? 1, rules?.Maximum ?? served.Denoiser.Denoiser.MaxSteps);
        if (steps < leastSteps)
        {
            yield return new GenerationViolation(GenerationField.Steps, steps, AtLeast: leastSteps);
        }
        else if (mostSteps > 0 && steps > mostSteps)
        {
            yield return new GenerationViolation(GenerationField.Steps, steps, AtMost: mostSteps);
        }
        if (!double.IsFinite(guidance) || guidance < 0)
        {
            yield return new GenerationViolation(GenerationField.Guidance, guidance, AtLeast: 0);
        }
        if (request.Count is < 1 or > MaxCount)
        {
            yield return request.Count < 1
                ? new GenerationViolation(GenerationField.Count, request.Count, AtLeast: 1)
                : new GenerationViolation(GenerationField.Count, request.Count, AtMost: MaxCount);
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
        $"{Field.ToString().ToLowerInvariant()} is {Value}{(Unit is null ? "" : $" {Unit}")}; {(AtLeast is { } least ? $"at least {least}" : $"at most {AtMost}")} is allowed");
}
