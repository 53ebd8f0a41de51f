using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using GenerationTask = QwenMesh.Gateway.Generation.GenerationTask;

namespace QwenMesh.Gateway.Planning;

/// <summary>From a request and its model to the calls of the stages.</summary>
internal static class GenerationPlanner
{
    /// <summary>Steps where neither the request nor the model says.</summary>
    public const int DefaultSteps = 30;

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

    /// <exception cref="GenerationException">The model does not do it.</exception>
    public static GenerationPlan Plan(GenerationRequest request, ServedModel served)
    {
        RefuseWhatIsNotServed(request);
        var settled = Settle(request, served);
        var generated = settled.Size!.Value.FloorTo(served.Multiple);
        var negative = settled.Guidance > 1 ? settled.NegativePrompt ?? served.Profile.NegativePrompt : null;
        return new GenerationPlan
        {
            Request = settled,
            Model = served,
            Generated = generated,
            Encode = new EncodeCall(Encode(settled.Prompt, negative)),
            Pictures = [.. Enumerable.Range(0, settled.Count).Select(number => Picture(settled, served, generated, number))],
        };
    }

    private static EncodeParameters Encode(string prompt, string? negative)
    {
        var parameters = new EncodeParameters { Template = PromptTemplate.TextToImage, Prompts = { prompt } };
        if (negative is not null)
        {
            parameters.Prompts.Add(negative);
            parameters.RequiredFeatures.Add(StageFeatures.Prompts);
        }
        return parameters;
    }

    // As the reference does with a list of generators: one seed for each picture.
    private static PictureCalls Picture(GenerationRequest request, ServedModel served, ImageSize generated, int number)
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
        if (lightning)
        {
            denoise.RequiredFeatures.Add(StageFeatures.Lightning);
        }
        if (request.PreviewInterval > 0)
        {
            denoise.RequiredFeatures.Add(StageFeatures.Preview);
        }
        return new PictureCalls(number, seed, denoise);
    }

    private static ImageSize Size(string ratio, ModelProfile profile) => profile.AspectRatios.TryGetValue(ratio.Trim(), out var size)
        ? size
        : throw Refused(FaultKind.InvalidRequest, $"the aspect ratio '{Echo.Name(ratio)}' is none of {string.Join(", ", profile.AspectRatios.Keys)}");

    private static void RefuseWhatIsNotServed(GenerationRequest request)
    {
        var reason = request switch
        {
            { Task: GenerationTask.TextToImage, References.Count: > 0 } => "text to image takes no reference pictures",
            { Task: GenerationTask.TextToImage, Mask: not null } => "text to image takes no mask",
            { Task: GenerationTask.TextToImage, Controls.Count: > 0 } => "text to image takes no control pictures",
            { Task: GenerationTask.TextToImage, Strength: not null } => "text to image takes no strength",
            { Adapters.Count: > 0 } => "no adapters are loaded",
            { Task: not GenerationTask.TextToImage } => $"{request.Task} is not served by this version",
            _ => null,
        };
        if (reason is not null)
        {
            throw Refused(FaultKind.Unsupported, reason);
        }
    }

    private static GenerationException Refused(FaultKind kind, string reason) => new(new GenerationFault(null, kind, reason));
}
