using QwenMesh.Denoiser.Latents;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost.Calls;
using QwenMesh.TensorWire;

namespace QwenMesh.Denoiser.Requests;

/// <summary>The parameters of a call, found to be within the limits, and the tensors that may follow them.</summary>
internal sealed class DenoiseInput : ICallInput<DenoiseJob>
{
    private const string PromptEmbedsName = "prompt_embeds";
    private const string NegativePromptEmbedsName = "negative_prompt_embeds";
    private const string ReferenceName = "reference";
    private const string InitialName = "initial";
    private const string MaskName = "mask";
    private const string ControlName = "control";
    private const string NoiseName = "noise";
    private const string LatentsName = "latents";

    private readonly DenoiseParameters _parameters;
    private readonly DenoiserLimits _limits;
    private readonly CheckedPictures _pictures;
    private readonly bool _lightning;

    private DenoiseInput(DenoiseParameters parameters, DenoiserLimits limits)
    {
        (_parameters, _limits) = (parameters, limits);
        _pictures = CheckedPictures.From(parameters, limits);
        ParameterChecks.Require(parameters.NumInferenceSteps >= 1 && parameters.NumInferenceSteps <= limits.MaxSteps,
            "num_inference_steps", $"{parameters.NumInferenceSteps}; 1 to {limits.MaxSteps} are accepted");
        ParameterChecks.Single(parameters.TrueCfgScale, "true_cfg_scale", atLeast: 0);
        ParameterChecks.Require(parameters.PreviewInterval >= 0, "preview_interval", $"{parameters.PreviewInterval}; it cannot be negative");
        ParameterChecks.Require(parameters.CheckpointInterval >= 0, "checkpoint_interval", $"{parameters.CheckpointInterval}; it cannot be negative");
        ParameterChecks.Require(parameters.Adapters.Count == 0, "adapters", "given; this stage has no adapters");
        _lightning = parameters.Scheduler switch
        {
            Scheduler.Checkpoint => false,
            Scheduler.Lightning => true,
            Scheduler.Unspecified => throw new WireFormatException("scheduler is required", "parameters.scheduler"),
            var unknown => throw new WireFormatException($"scheduler {(int)unknown} is not one that this version knows", "parameters.scheduler"),
        };
        var steps = parameters.NumInferenceSteps - InitialPicture.LeftOutSteps(parameters.NumInferenceSteps, _pictures.Strength);
        ParameterChecks.Require(steps > 0, "strength", $"{parameters.Strength}; it leaves no step");
        ParameterChecks.Require(parameters.StartStep >= 0 && parameters.StartStep < steps,
            "start_step", $"{parameters.StartStep}; 0 to below the run's steps ({steps}) are accepted");
    }

    /// <summary>Prompts, initial picture, mask, noise and latents; and those that come in series.</summary>
    public int MaxTensors => 6 + _pictures.References.Count + _pictures.Controls.Count;

    /// <exception cref="WireFormatException">A parameter is missing, unknown, not offered or out of range.</exception>
    public static DenoiseInput From(DenoiseParameters parameters, DenoiserLimits limits) => new(parameters, limits);

    public void CheckHeader(TensorHeader header)
    {
        var (grid, index) = (_pictures.Grid, header.Index);
        switch (header.Name)
        {
            case PromptEmbedsName or NegativePromptEmbedsName when index == 0:
                TensorChecks.Prompt(header, ImageTextRope.Positions - ImageTextRope.TextOffset([.. _pictures.Images]), _limits.Model.JointAttentionDim);
                break;
            case ReferenceName when index < _pictures.References.Count:
                TensorChecks.Posterior(header, _pictures.References[(int)index]);
                break;
            case InitialName when index == 0:
            case ControlName when index < _pictures.Controls.Count:
                TensorChecks.Posterior(header, grid);
                break;
            case MaskName when index == 0 && _parameters.Inpaint:
                TensorChecks.Mask(header, grid);
                break;
            case NoiseName when index == 0:
            case LatentsName when index == 0 && _parameters.StartStep > 0:
                TensorChecks.Latents(header, grid);
                break;
            default:
                throw new WireFormatException(
                    $"tensor {WireTensor.Label(header.Name, index)} is not one that these parameters take: {PromptEmbedsName}, {NegativePromptEmbedsName}, "
                    + $"{InitialName}, {NoiseName}; with the parameters of that name {ReferenceName}, {ControlName}, {MaskName} (inpaint), {LatentsName} (start_step)");
        }
    }

    public DenoiseJob Join(ReceivedTensors tensors) => new()
    {
        Grid = _pictures.Grid,
        Steps = _parameters.NumInferenceSteps,
        Lightning = _lightning,
        TrueCfgScale = (float)_parameters.TrueCfgScale,
        Seed = _parameters.Seed,
        PreviewInterval = _parameters.PreviewInterval,
        CheckpointInterval = _parameters.CheckpointInterval,
        Prompt = Prompt(tensors.Demand(PromptEmbedsName)),
        NegativePrompt = tensors.Find(NegativePromptEmbedsName) is { } negative ? Prompt(negative) : null,
        References = [.. _pictures.References.Select((grid, i) => new ReferencePicture(grid, Posterior(tensors.Demand(ReferenceName, i)).Mean))],
        Initial = Initial(tensors),
        Controls = [.. _pictures.Controls.Select((control, i) => control with { Latents = Posterior(tensors.Demand(ControlName, i)) })],
        Noise = tensors.Find(NoiseName)?.ToFiniteFloats(),
        Resume = _parameters.StartStep > 0 ? new(_parameters.StartStep, tensors.Demand(LatentsName).ToFiniteFloats()) : null,
    };

    private InitialPicture? Initial(ReceivedTensors tensors)
    {
        if (!_pictures.NeedsInitial && tensors.Find(InitialName) is null)
        {
            return null;
        }
        return new InitialPicture(Posterior(tensors.Demand(InitialName)), _pictures.Strength)
        {
            Mask = _parameters.Inpaint ? Mask(tensors.Demand(MaskName)) : null,
            IsReference = _parameters.InitialIsReference,
        };
    }

    private static PromptEmbeds Prompt(WireTensor tensor) => new((int)tensor.Shape[0], tensor.ToFiniteFloats());

    // [2C, H, W]: means, then log-variances.
    private static Posterior Posterior(WireTensor tensor)
    {
        var values = tensor.ToFiniteFloats();
        return new(values[..(values.Length / 2)], values[(values.Length / 2)..]);
    }

    private static byte[] Mask(WireTensor tensor)
    {
        var mask = tensor.Bytes.ToArray();
        return Array.FindIndex(mask, cell => cell > 1) is var index and >= 0
            ? throw new WireFormatException($"tensor '{MaskName}' holds {mask[index]} at element {index}; 0 and 1 are accepted")
            : mask;
    }
}
