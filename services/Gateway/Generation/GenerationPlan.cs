using QwenMesh.Gateway.Profiles;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Generation;

/// <summary>A request made definite for the served model: what the stages will be told.</summary>
internal sealed record GenerationPlan
{
    public required GenerationRequest Request { get; init; }

    /// <summary>Null when there is no guidance.</summary>
    public required string? NegativePrompt { get; init; }

    /// <summary>What the model generates: the size asked for, rounded down to the model's multiple.</summary>
    public required ImageSize Generated { get; init; }

    public required DenoiseParameters Denoise { get; init; }

    public static GenerationPlan For(GenerationRequest request, ServedModel served)
    {
        var generated = request.Size.FloorTo(served.Multiple);
        var negative = request.Guidance > 1 ? request.NegativePrompt ?? served.Profile.NegativePrompt : null;
        return new GenerationPlan
        {
            Request = request,
            NegativePrompt = negative,
            Generated = generated,
            Denoise = new DenoiseParameters
            {
                LatentHeight = generated.Height / served.ScaleFactor,
                LatentWidth = generated.Width / served.ScaleFactor,
                NumInferenceSteps = request.Steps,
                Scheduler = served.Profile.Scheduler == ProfileScheduler.Lightning ? Scheduler.Lightning : Scheduler.Checkpoint,
                TrueCfgScale = request.Guidance,
                Seed = request.Seed,
            },
        };
    }
}
