using QwenMesh.Denoiser.Latents;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost.Calls;
using QwenMesh.TensorWire;

namespace QwenMesh.Denoiser.Requests;

/// <summary>The parameters of a call, found to be within the limits, and the tensors that may follow them.</summary>
internal sealed class DenoiseInput : ICallInput<DenoiseJob>
{
    private const string PromptEmbedsName = "prompt_embeds";
    private const string NegativePromptEmbedsName = "negative_prompt_embeds";
    private const string NoiseName = "noise";
    private const string LatentsName = "latents";

    private readonly DenoiseParameters _parameters;
    private readonly LatentGrid _grid;
    private readonly TransformerConfig _model;
    private readonly bool _lightning;

    private DenoiseInput(DenoiseParameters parameters, LatentGrid grid, TransformerConfig model, bool lightning) =>
        (_parameters, _grid, _model, _lightning) = (parameters, grid, model, lightning);

    public int MaxTensors => 4;

    /// <exception cref="WireFormatException">A parameter is missing, unknown, not offered or out of range.</exception>
    public static DenoiseInput From(DenoiseParameters parameters, TransformerConfig model, DenoiserOptions options)
    {
        if (LatentGrid.Refuse(parameters.LatentHeight, parameters.LatentWidth, model.PatchSize, options.MaxImageTokens) is { } reason)
        {
            throw new WireFormatException(reason, "parameters.latent_height");
        }
        Require(parameters.NumInferenceSteps >= 1 && parameters.NumInferenceSteps <= options.MaxSteps,
            "num_inference_steps", $"{parameters.NumInferenceSteps}; 1 to {options.MaxSteps} are accepted");
        // Checked as the float that the computation uses.
        var scale = (float)parameters.TrueCfgScale;
        Require(float.IsFinite(scale) && scale >= 0, "true_cfg_scale", $"{parameters.TrueCfgScale}; it must be finite and not negative");
        Require(parameters.StartStep >= 0 && parameters.StartStep < parameters.NumInferenceSteps,
            "start_step", $"{parameters.StartStep}; 0 to below num_inference_steps ({parameters.NumInferenceSteps}) are accepted");
        Require(parameters.PreviewInterval >= 0, "preview_interval", $"{parameters.PreviewInterval}; it cannot be negative");
        Require(parameters.CheckpointInterval >= 0, "checkpoint_interval", $"{parameters.CheckpointInterval}; it cannot be negative");
        Require(parameters.References.Count == 0, "references", "given; this stage takes none");
        Require(parameters.Strength == 0, "strength", "given; this stage takes no initial latents");
        Require(!parameters.Inpaint, "inpaint", "given; this stage takes no mask");
        Require(!parameters.InitialIsReference, "initial_is_reference", "given; this stage takes no initial latents");
        Require(parameters.Controls.Count == 0, "controls", "given; this stage has no control network");
        Require(parameters.Adapters.Count == 0, "adapters", "given; this stage has no adapters");
        var lightning = parameters.Scheduler switch
        {
            Scheduler.Checkpoint => false,
            Scheduler.Lightning => true,
            Scheduler.Unspecified => throw new WireFormatException("scheduler is required", "parameters.scheduler"),
            var unknown => throw new WireFormatException($"scheduler {(int)unknown} is not one that this version knows", "parameters.scheduler"),
        };
        var grid = new LatentGrid(model.OutChannels, parameters.LatentHeight, parameters.LatentWidth, model.PatchSize);
        if (ImageTextRope.TextOffset(grid) >= ImageTextRope.Positions)
        {
            throw new WireFormatException(
                $"a picture of {grid.TokenRows} x {grid.TokenColumns} tokens leaves no positions for text; a side may have {(2 * ImageTextRope.Positions) - 1}");
        }
        return new(parameters, grid, model, lightning);
    }

    public void CheckHeader(TensorHeader header)
    {
        switch (header.Name)
        {
            case PromptEmbedsName or NegativePromptEmbedsName when header.Index == 0:
                TensorChecks.Prompt(header, ImageTextRope.Positions - ImageTextRope.TextOffset(_grid), _model.JointAttentionDim);
                break;
            case NoiseName when header.Index == 0:
            case LatentsName when header.Index == 0 && _parameters.StartStep > 0:
                TensorChecks.Latents(header, _grid);
                break;
            default:
                throw new WireFormatException(
                    $"tensor {WireTensor.Label(header.Name, header.Index)} is not one that these parameters take: {PromptEmbedsName}, "
                    + $"{NegativePromptEmbedsName}, {NoiseName}, with start_step {LatentsName}");
        }
    }

    public DenoiseJob Join(ReceivedTensors tensors) => new()
    {
        Grid = _grid,
        Steps = _parameters.NumInferenceSteps,
        Lightning = _lightning,
        TrueCfgScale = (float)_parameters.TrueCfgScale,
        Seed = _parameters.Seed,
        StartStep = _parameters.StartStep,
        PreviewInterval = _parameters.PreviewInterval,
        CheckpointInterval = _parameters.CheckpointInterval,
        Prompt = Prompt(tensors.Demand(PromptEmbedsName)),
        NegativePrompt = tensors.Find(NegativePromptEmbedsName) is { } negative ? Prompt(negative) : null,
        Noise = tensors.Find(NoiseName)?.ToFiniteFloats(),
        Latents = _parameters.StartStep > 0 ? tensors.Demand(LatentsName).ToFiniteFloats() : null,
    };

    private static PromptEmbeds Prompt(WireTensor tensor) => new((int)tensor.Shape[0], tensor.ToFiniteFloats());

    private static void Require(bool holds, string field, string otherwise)
    {
        if (!holds)
        {
            throw new WireFormatException($"{field} is {otherwise}", $"parameters.{field}");
        }
    }
}
