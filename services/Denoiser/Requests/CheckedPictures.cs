using QwenMesh.Denoiser.Latents;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Denoiser.Requests;

/// <summary>What a call's parameters say of the picture and of those that go with it, found to be within the limits.</summary>
/// <param name="Grid">The picture that is drawn.</param>
/// <param name="References">Sizes of the references.</param>
/// <param name="Strength">How much of the schedule is run.</param>
/// <param name="NeedsInitial">Whether a parameter asks for an initial picture.</param>
/// <param name="Controls">Networks and their settings; their latents come later.</param>
/// <param name="Images">The picture that is drawn and all references, in the transformer's order.</param>
internal sealed record CheckedPictures(
    LatentGrid Grid, IReadOnlyList<LatentGrid> References, double Strength, bool NeedsInitial, IReadOnlyList<ControlPicture> Controls,
    IReadOnlyList<LatentGrid> Images)
{
    private static readonly Posterior None = new([], []);

    /// <exception cref="WireFormatException">A parameter is unknown, not offered or out of range.</exception>
    public static CheckedPictures From(DenoiseParameters parameters, DenoiserLimits limits)
    {
        var grid = Size(parameters.LatentHeight, parameters.LatentWidth, limits, "latent_height and latent_width", "parameters.latent_height");
        ParameterChecks.Require(parameters.References.Count <= limits.MaxReferences,
            "references", $"a list of {parameters.References.Count}; at most {limits.MaxReferences} are accepted");
        ParameterChecks.Require(!parameters.InitialIsReference || parameters.References.Count == 0, "initial_is_reference", "given beside references");
        var references = parameters.References
            .Select((size, i) => Size(size.Height, size.Width, limits, $"references[{i}]", $"parameters.references[{i}]")).ToArray();
        LatentGrid[] images = parameters.InitialIsReference ? [grid, grid] : [grid, .. references];
        var tokens = images.Sum(image => (long)image.Tokens);
        ParameterChecks.Require(tokens <= limits.MaxImageTokens,
            "references", $"{tokens} tokens together with the picture; at most {limits.MaxImageTokens} are accepted");
        var strength = ParameterChecks.Share(parameters.Strength, "strength");
        var needsInitial = strength > 0 || parameters.Inpaint || parameters.InitialIsReference;
        ParameterChecks.Require(parameters.Controls.Count <= DenoiserLimits.MaxControls,
            "controls", $"a list of {parameters.Controls.Count}; at most {DenoiserLimits.MaxControls} are accepted");
        var controls = parameters.Controls.Select((control, i) => Control(control, $"controls[{i}]", limits)).ToArray();
        return new(grid, references, strength == 0 ? 1 : strength, needsInitial, controls, images);
    }

    private static LatentGrid Size(int height, int width, DenoiserLimits limits, string name, string field)
    {
        var model = limits.Model;
        if (LatentGrid.Refuse(name, height, width, model.PatchSize, limits.MaxImageTokens) is { } reason)
        {
            throw new WireFormatException(reason, field);
        }
        var grid = new LatentGrid(model.OutChannels, height, width, model.PatchSize);
        return ImageTextRope.TextOffset(grid) < ImageTextRope.Positions ? grid : throw new WireFormatException(
            $"a picture of {grid.TokenRows} x {grid.TokenColumns} tokens leaves no positions for text; a side may have {(2 * ImageTextRope.Positions) - 1}", field);
    }

    private static ControlPicture Control(Control control, string field, DenoiserLimits limits)
    {
        if (!limits.Controls.TryGetValue(control.Name, out var network))
        {
            throw new WireFormatException($"{field}.name is '{Echo.Name(control.Name)}', which is not loaded here", $"parameters.{field}.name");
        }
        var start = ParameterChecks.Share(control.GuidanceStart, $"{field}.guidance_start");
        var end = ParameterChecks.Share(control.GuidanceEnd, $"{field}.guidance_end") is var given and not 0 ? given : 1;
        ParameterChecks.Require(start < end, $"{field}.guidance_start", $"{start}; it must be below guidance_end ({end})");
        return new(network, None, ParameterChecks.Single(control.Scale, $"{field}.scale")) { Start = start, End = end };
    }
}
