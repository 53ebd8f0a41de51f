using QwenMesh.Denoiser.Latents;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Denoiser.Requests;

/// <summary>The parameters of a call, found to be within the limits.</summary>
internal sealed record CheckedParameters(LatentGrid Grid, int Steps, bool Lightning, float TrueCfgScale, ulong Seed)
{
    /// <exception cref="WireFormatException">A parameter is missing, unknown or out of range.</exception>
    public static CheckedParameters From(DenoiseParameters parameters, DenoiserLimits limits)
    {
        var model = limits.Model;
        if (LatentGrid.Refuse(parameters.LatentHeight, parameters.LatentWidth, model.PatchSize, limits.MaxImageTokens) is { } reason)
        {
            throw new WireFormatException(reason);
        }
        if (parameters.NumInferenceSteps < 1 || parameters.NumInferenceSteps > limits.MaxSteps)
        {
            throw new WireFormatException($"num_inference_steps is {parameters.NumInferenceSteps}; 1 to {limits.MaxSteps} are accepted");
        }
        // Checked as the float that the computation uses.
        var scale = (float)parameters.TrueCfgScale;
        if (!float.IsFinite(scale) || scale < 0)
        {
            throw new WireFormatException($"true_cfg_scale is {parameters.TrueCfgScale}; it must be finite and not negative");
        }
        var lightning = parameters.Scheduler switch
        {
            Scheduler.Checkpoint => false,
            Scheduler.Lightning => true,
            Scheduler.Unspecified => throw new WireFormatException("scheduler is required"),
            var unknown => throw new WireFormatException($"scheduler {(int)unknown} is not one that this version knows"),
        };
        var grid = new LatentGrid(model.OutChannels, parameters.LatentHeight, parameters.LatentWidth, model.PatchSize);
        if (ImageTextRope.TextOffset(grid) >= ImageTextRope.Positions)
        {
            throw new WireFormatException(
                $"a picture of {grid.TokenRows} x {grid.TokenColumns} tokens leaves no positions for text; a side may have {(2 * ImageTextRope.Positions) - 1}");
        }
        return new(grid, parameters.NumInferenceSteps, lightning, scale, parameters.Seed);
    }

    /// <exception cref="WireFormatException">A tensor is missing or holds values that are not finite.</exception>
    public DenoiseJob Join(IReadOnlyDictionary<string, WireTensor> tensors) => new()
    {
        Grid = Grid,
        Steps = Steps,
        Lightning = Lightning,
        TrueCfgScale = TrueCfgScale,
        Seed = Seed,
        Prompt = JobTensors.Prompt(tensors, JobTensors.PromptEmbeds) ?? throw new WireFormatException($"tensor '{JobTensors.PromptEmbeds}' is missing"),
        NegativePrompt = JobTensors.Prompt(tensors, JobTensors.NegativePromptEmbeds),
        Noise = tensors.TryGetValue(JobTensors.Noise, out var noise) ? noise.ToFiniteFloats() : null,
    };
}
