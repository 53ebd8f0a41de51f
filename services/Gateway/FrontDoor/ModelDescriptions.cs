using QwenMesh.Gateway.Profiles;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.FrontDoor;

/// <summary>A served model for clients.</summary>
internal static class ModelDescriptions
{
    public static ModelDescription Describe(ServedModel model, ModelDirectory models)
    {
        var profile = model.Profile;
        var description = new ModelDescription
        {
            Names = { new[] { model.ModelId }.Concat(models.NamesOf(model)).Distinct(StringComparer.OrdinalIgnoreCase) },
            Tasks = { Planning.Pipelines.Served(model).Select(GenerateTranslation.ToWire) },
            DefaultSteps = profile.Steps?.Default ?? Planning.GenerationPlanner.DefaultSteps,
            DefaultGuidance = profile.Guidance,
            SizeMultiple = profile.Sizes.Multiple,
            MinSide = profile.Sizes.Minimum,
            MaxSide = profile.Sizes.Maximum,
            DefaultWidth = profile.Sizes.Default.Width,
            DefaultHeight = profile.Sizes.Default.Height,
            Controls = { model.Denoiser.Denoiser.Controls },
            Adapters = { model.Denoiser.Denoiser.Adapters },
            Fingerprints = { model.Encoder.Fingerprint, model.Denoiser.Fingerprint, model.Vae.Fingerprint },
        };
        foreach (var (ratio, size) in profile.AspectRatios)
        {
            description.AspectRatios.Add(ratio, size.ToString());
        }
        return description;
    }
}
