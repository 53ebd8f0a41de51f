using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using GenerationTask = QwenMesh.Gateway.Generation.GenerationTask;

namespace QwenMesh.Gateway.Tests.Planning;

public sealed class GenerationPlannerTests
{
    private static readonly ServedModel Nano = Served("qwen-image-nano", "QwenImageEditPlusPipeline", 64);

    private static readonly GenerationRequest Request = new() { Prompt = "p", Seed = 7 };

    [Fact]
    public void What_is_not_said_is_the_models()
    {
        var plan = GenerationPlanner.Plan(Request, PictureInputs.None, Nano);
        Assert.Equal(new ImageSize(1024, 1024), plan.Request.Size);
        Assert.Equal((30, 4.0), (plan.Request.Steps!.Value, plan.Request.Guidance!.Value));
        Assert.Equal(["p", " "], plan.Encode.Parameters.Prompts);
        Assert.Equal([StageFeatures.Prompts], plan.Encode.Parameters.RequiredFeatures);
        var denoise = Assert.Single(plan.Pictures).Denoise;
        Assert.Equal((32, 32, 30, 4.0, 7ul), (denoise.LatentHeight, denoise.LatentWidth, denoise.NumInferenceSteps, denoise.TrueCfgScale, denoise.Seed));
        Assert.Equal(Scheduler.Checkpoint, denoise.Scheduler);
        Assert.Empty(denoise.RequiredFeatures);
    }

    [Fact]
    public void Pictures_of_one_request_have_seeds_in_a_row()
    {
        var plan = GenerationPlanner.Plan(Request with { Count = 3 }, PictureInputs.None, Nano);
        Assert.Equal([(0, 7ul), (1, 8ul), (2, 9ul)], plan.Pictures.Select(picture => (picture.Number, picture.Seed)));
        Assert.Equal([7ul, 8ul, 9ul], plan.Pictures.Select(picture => picture.Denoise.Seed));
    }

    [Fact]
    public void Without_guidance_one_prompt_is_encoded()
    {
        var plan = GenerationPlanner.Plan(Request with { Guidance = 1, NegativePrompt = "n" }, PictureInputs.None, Nano);
        Assert.Equal(["p"], plan.Encode.Parameters.Prompts);
        Assert.Empty(plan.Encode.Parameters.RequiredFeatures);
        Assert.False(plan.Encode.IsGuided);
    }

    [Fact]
    public void An_aspect_ratio_is_the_models_size_for_it()
    {
        Assert.Equal(new ImageSize(1344, 768), GenerationPlanner.Plan(Request with { AspectRatio = " 16:9" }, PictureInputs.None, Nano).Request.Size);
        var refused = Assert.Throws<GenerationException>(() => GenerationPlanner.Plan(Request with { AspectRatio = "5:1" }, PictureInputs.None, Nano));
        Assert.Equal(FaultKind.InvalidRequest, refused.Fault.Kind);
        Assert.StartsWith("the aspect ratio '5:1' is none of 1:1, 16:9,", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_size_off_the_multiple_is_drawn_at_the_next_smaller_one()
    {
        var plan = GenerationPlanner.Plan(Request with { Size = new ImageSize(1000, 750) }, PictureInputs.None, Nano);
        Assert.Equal((new ImageSize(960, 704), new ImageSize(1000, 750)), (plan.Generated, plan.Request.Size!.Value));
        Assert.Equal((22, 30), (plan.Pictures[0].Denoise.LatentHeight, plan.Pictures[0].Denoise.LatentWidth));
    }

    [Fact]
    public void What_an_old_stage_would_drop_is_required_by_name()
    {
        var preview = GenerationPlanner.Plan(Request with { PreviewInterval = 5 }, PictureInputs.None, Nano).Pictures[0].Denoise;
        Assert.Equal([StageFeatures.Preview], preview.RequiredFeatures);
        Assert.Equal(5, preview.PreviewInterval);
        var lightning = GenerationPlanner.Plan(Request, PictureInputs.None, Served("qwen-image-lightning", "QwenImagePipeline", 16)).Pictures[0].Denoise;
        Assert.Equal([StageFeatures.Lightning], lightning.RequiredFeatures);
        Assert.Equal((Scheduler.Lightning, 8, 1.0), (lightning.Scheduler, lightning.NumInferenceSteps, lightning.TrueCfgScale));
    }

    public static TheoryData<FaultKind, string, GenerationRequest, object> NotServed => new()
    {
        { FaultKind.Unsupported, "the denoiser of qwen-image-nano does not know 'references'", Request with { Task = GenerationTask.Edit }, Picture },
        { FaultKind.Unsupported, "the denoiser of qwen-image-nano does not know 'initial_latents'", Request with { Task = GenerationTask.ImageToImage }, Picture },
        { FaultKind.Unsupported, "the denoiser of qwen-image-nano does not know 'inpaint'", Request with { Task = GenerationTask.Inpaint }, Picture },
        { FaultKind.Unsupported, "qwen-image-nano has no control network loaded", Request with { Task = GenerationTask.Control }, PictureInputs.None },
        { FaultKind.Unsupported, "no adapters are loaded", Request with { Adapters = [new AdapterChoice("style")] }, PictureInputs.None },
        { FaultKind.InvalidRequest, "1 reference pictures; text to image takes none", Request, Picture },
        { FaultKind.InvalidRequest, "text to image takes no mask", Request, PictureInputs.None with { Mask = new GreyImage(8, 8, new byte[64]) } },
        { FaultKind.InvalidRequest, "text to image takes no control pictures", Request, PictureInputs.None with { Controls = Picture.References } },
        { FaultKind.InvalidRequest, "text to image takes no strength", Request with { Strength = 0.5 }, PictureInputs.None },
    };

    private static PictureInputs Picture => PictureInputs.None with { References = [new RgbImage(8, 8, new byte[8 * 8 * 3])] };

    [Theory]
    [MemberData(nameof(NotServed), DisableDiscoveryEnumeration = true)]
    public void What_is_not_served_is_refused_with_the_reason(FaultKind kind, string reason, GenerationRequest request, object inputs)
    {
        var refused = Assert.Throws<GenerationException>(() => GenerationPlanner.Plan(request, (PictureInputs)inputs, Nano));
        Assert.Equal(new GenerationFault(null, kind, reason), refused.Fault);
    }

    private static ServedModel Served(string modelId, string pipeline, int multiple)
    {
        var (encoder, denoiser, vae) = (new FakeEncoder().Model, new FakeDenoiser().Model, new FakeVae().Model);
        denoiser.Features.Clear();
        (denoiser.ModelId, vae.Vae.ScaleFactor) = (modelId, multiple / 2);
        StagePool Pool(string stage) => new(stage, [stage]);
        return new ServedModel(
            "", new ProfileCatalog(Options.Create(new GatewayOptions())).For(modelId, pipeline, multiple), encoder, denoiser, vae,
            new StagePools(Pool(StageNames.Encoder), Pool(StageNames.Denoiser), Pool(StageNames.Vae)));
    }
}
