using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Imaging;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Planning;

/// <summary>From a request, its pictures and its model to the calls of the stages.</summary>
internal static class GenerationPlanner
{
    /// <summary>Steps where neither the request nor the model says.</summary>
    public const int DefaultSteps = 30;

    /// <summary>Strength where the request says none, as the reference's.</summary>
    public const double DefaultStrength = 0.6;

    /// <summary>The request with everything filled in that the model chooses.</summary>
    /// <exception cref="GenerationException">An aspect ratio that the model has no size for.</exception>
    public static GenerationRequest Settle(GenerationRequest request, ServedModel served)
    {
        var profile = served.Profile;
        return request with
        {
            Size = request.Size ?? (request.AspectRatio is { } ratio ? Size(ratio, profile) : profile.Sizes.Default),
            Steps = request.Steps ?? profile.Steps?.Default ?? DefaultSteps,
            Guidance = request.Guidance ?? profile.Guidance,
        };
    }

    /// <summary>Checks what can be told before the pictures are decoded, which takes far more memory than their files.</summary>
    /// <exception cref="GenerationException">The model does not do it, or there are too few or too many pictures.</exception>
    public static void Admit(GenerationRequest request, ServedModel served) =>
        Admit(request, new PictureCounts(request.References.Count, request.Mask is not null, request.Controls.Count), served);

    private static PipelineKind Admit(GenerationRequest request, PictureCounts pictures, ServedModel served)
    {
        if (request.Adapters.Count > 0)
        {
            throw Refused(FaultKind.Unsupported, "no adapters are loaded");
        }
        var kind = Pipelines.Choose(request.Task, served);
        PicturePlan.CheckCounts(kind, request.Strength, pictures, served);
        return kind;
    }

    /// <exception cref="GenerationException">The model does not do it, or the pictures do not fit.</exception>
    public static GenerationPlan Plan(GenerationRequest request, PictureInputs inputs, ServedModel served)
    {
        var kind = Admit(request, new PictureCounts(inputs.References.Count, inputs.Mask is not null, inputs.Controls.Count), served);
        PicturePlan.CheckMask(request, inputs);
        var settled = Settle(request.Size is null && request.AspectRatio is null ? request with { Size = PicturePlan.DefaultSize(kind, inputs) } : request, served);
        var generated = settled.Size!.Value.FloorTo(served.Multiple);
        var encodings = PicturePlan.Encodings(kind, inputs, generated, served.Multiple);
        var negative = settled.Guidance > 1 ? settled.NegativePrompt ?? served.Profile.NegativePrompt : null;
        var mask = inputs.Mask is { } sent ? PicturePlan.LatentMask(sent, generated, served.ScaleFactor) : null;
        return new GenerationPlan
        {
            Request = settled,
            Model = served,
            Generated = generated,
            Inputs = kind == PipelineKind.Control ? inputs.Controls : inputs.References,
            Encode = Encode(kind, settled.Prompt, negative, inputs, served),
            VaeEncodes = encodings,
            LatentMask = mask,
            Overlay = inputs.Mask is null ? null : Overlay(inputs, settled.Size.Value),
            Pictures = [.. Enumerable.Range(0, settled.Count).Select(number => Picture(kind, settled, served, generated, encodings, number))],
        };
    }

    private static EncodeCall Encode(PipelineKind kind, string prompt, string? negative, PictureInputs inputs, ServedModel served)
    {
        var parameters = new EncodeParameters { Template = Pipelines.Template(kind, served), Prompts = { prompt } };
        if (negative is not null)
        {
            parameters.Prompts.Add(negative);
            parameters.RequiredFeatures.Add(StageFeatures.Prompts);
        }
        if (!Pipelines.ShowsPicturesToEncoder(kind))
        {
            return new EncodeCall(parameters, []);
        }
        parameters.RequiredFeatures.Add(StageFeatures.Images);
        return new EncodeCall(parameters, [.. Enumerable.Range(0, inputs.References.Count)]);
    }

    // As the reference does with a list of generators: one seed for each picture.
    private static PictureCalls Picture(
        PipelineKind kind, GenerationRequest request, ServedModel served, ImageSize generated, IReadOnlyList<VaeEncodeCall> encodings, int number)
    {
        var seed = unchecked(request.Seed + (ulong)number);
        var lightning = served.Profile.Scheduler == ProfileScheduler.Lightning;
        var denoise = new DenoiseParameters
        {
            LatentHeight = generated.Height / served.ScaleFactor,
            LatentWidth = generated.Width / served.ScaleFactor,
            NumInferenceSteps = request.Steps!.Value,
            Scheduler = lightning ? Scheduler.Lightning : Scheduler.Checkpoint,
            TrueCfgScale = request.Guidance!.Value,
            Seed = seed,
            PreviewInterval = request.PreviewInterval,
        };
        Require(lightning, StageFeatures.Lightning);
        Require(request.PreviewInterval > 0, StageFeatures.Preview);
        foreach (var reference in encodings.Where(encoding => encoding.Tensor == "reference"))
        {
            denoise.References.Add(
                new LatentSize { Height = reference.Size.Height / served.ScaleFactor, Width = reference.Size.Width / served.ScaleFactor });
        }
        Require(denoise.References.Count > 0, StageFeatures.References);
        if (kind is PipelineKind.ImageToImage or PipelineKind.Inpaint or PipelineKind.EditInpaint)
        {
            denoise.Strength = request.Strength ?? DefaultStrength;
            denoise.Inpaint = kind != PipelineKind.ImageToImage;
            denoise.InitialIsReference = kind == PipelineKind.EditInpaint;
            Require(true, StageFeatures.InitialLatents);
            Require(denoise.Inpaint, StageFeatures.Inpaint);
            Require(denoise.InitialIsReference, StageFeatures.References);
        }
        foreach (var control in request.Controls)
        {
            denoise.Controls.Add(new Control { Name = control.Name, Scale = control.Scale, GuidanceStart = control.Start, GuidanceEnd = control.End });
        }
        Require(request.Controls.Count > 0, StageFeatures.Control);
        return new PictureCalls(number, seed, denoise);

        void Require(bool needed, string feature)
        {
            if (needed && !denoise.RequiredFeatures.Contains(feature))
            {
                denoise.RequiredFeatures.Add(feature);
            }
        }
    }

    private static PictureOverlay Overlay(PictureInputs inputs, ImageSize size) => new(
        ImageResizer.Resize(inputs.References[0], size.Width, size.Height), ImageResizer.Resize(inputs.Mask!, size.Width, size.Height));

    private static ImageSize Size(string ratio, ModelProfile profile) => profile.AspectRatios.TryGetValue(ratio.Trim(), out var size)
        ? size
        : throw Refused(FaultKind.InvalidRequest, $"the aspect ratio '{Echo.Name(ratio)}' is none of {string.Join(", ", profile.AspectRatios.Keys)}");

    private static GenerationException Refused(FaultKind kind, string reason) => new(new GenerationFault(null, kind, reason));
}
