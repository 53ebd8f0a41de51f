using Microsoft.Extensions.Options;
using QwenMesh.Checkpoints;
using QwenMesh.Denoiser;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Gateway;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Pictures;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Gateway.Routing;
using QwenMesh.Imaging;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.Testing;
using QwenMesh.Vae.Autoencoder;
using ControlPicture = QwenMesh.Gateway.Generation.ControlPicture;
using GenerationTask = QwenMesh.Gateway.Generation.GenerationTask;

namespace QwenMesh.Mesh.Tests;

/// <summary>What the Gateway plans for a golden case is what the reference did: sizes, pictures, prompts, strength.</summary>
public sealed class GenerationPlanGoldenTests
{
    private const string Network = "lines";

    public static IEnumerable<object[]> Cases => GoldenCase.Of([.. PipelinePictures.Pipelines.Except([PipelinePictures.TextToImage])]);

    public static IEnumerable<object[]> Edits => GoldenCase.Of(PipelinePictures.Edit, PipelinePictures.EditPlus);

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public async Task The_plan_has_the_sizes_and_settings_of_the_recorded_run(string name)
    {
        using var golden = GoldenCase.Open(name);
        var served = Served(golden);
        var request = Request(golden);
        var inputs = await ReadAsync(request);

        var plan = GenerationPlanner.Plan(request, inputs, served);

        var denoise = Assert.Single(plan.Pictures).Denoise;
        var latents = golden.Tensors["vae.decode.in"].Shape;
        Assert.Equal((latents[^2], latents[^1]), (denoise.LatentHeight, denoise.LatentWidth));
        Assert.Equal((golden.Steps, golden.Seed, (double)golden.TrueCfgScale), (denoise.NumInferenceSteps, denoise.Seed, denoise.TrueCfgScale));
        Assert.Equal(golden.Timesteps.Length, golden.Steps - LeftOut(denoise));
        Assert.Equal((golden.Prompt, golden.NegativePrompt), (plan.Encode.Parameters.Prompts[0], plan.Encode.Parameters.Prompts[1]));
        Assert.Equal(0, plan.Encode.Parameters.MaxSequenceLength);

        // Every token that the reference's transformer saw.
        var patch = served.Denoiser.Denoiser.PatchSize;
        var images = denoise.References.Select(size => size.Height * size.Width).Append(denoise.LatentHeight * denoise.LatentWidth).ToList();
        images.AddRange(denoise.InitialIsReference ? [denoise.LatentHeight * denoise.LatentWidth] : []);
        Assert.Equal(golden.Tensors["dit.0.in.hidden_states"].Shape[1], images.Sum() / (patch * patch));

        // Every picture that its autoencoder saw; the masked one of inpainting is not used there.
        foreach (var (i, encoding) in plan.VaeEncodes.Index())
        {
            var encoded = golden.Tensors[$"vae.encode.{i}.mode"].Shape;
            Assert.Equal(new ImageSize(encoded[^1] * served.ScaleFactor, encoded[^2] * served.ScaleFactor), encoding.Size);
            Assert.Equal((i, i), (encoding.Input, encoding.Index));
        }
        var masked = request.Mask is null ? 0 : 1;
        Assert.False(golden.Tensors.Has($"vae.encode.{plan.VaeEncodes.Count + masked}.mode"));
        AssertPictures(golden, plan, inputs, denoise);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Edits))]
    public async Task Without_a_size_the_edit_has_that_of_the_last_picture(string name)
    {
        using var golden = GoldenCase.Open(name);
        var request = Request(golden) with { Size = null };
        var inputs = await ReadAsync(request);
        var plan = GenerationPlanner.Plan(request, inputs, Served(golden));
        // The reference makes the picture as large as the reference that it encodes last.
        Assert.Equal(plan.VaeEncodes[^1].Size, plan.Generated);
        Assert.Equal(plan.Generated, plan.Request.Size);
    }

    private static void AssertPictures(GoldenCase golden, GenerationPlan plan, PictureInputs inputs, DenoiseParameters denoise)
    {
        var expected = golden.Pipeline switch
        {
            PipelinePictures.Edit => (PromptTemplate.Edit, "reference", Inpaint: false, Same: false),
            PipelinePictures.EditPlus => (PromptTemplate.EditPlus, "reference", Inpaint: false, Same: false),
            PipelinePictures.EditInpaint => (PromptTemplate.Edit, "initial", Inpaint: true, Same: true),
            PipelinePictures.Inpaint => (PromptTemplate.TextToImage, "initial", Inpaint: true, Same: false),
            PipelinePictures.ImageToImage => (PromptTemplate.TextToImage, "initial", Inpaint: false, Same: false),
            _ => (PromptTemplate.TextToImage, "control", Inpaint: false, Same: false),
        };
        Assert.Equal(expected, (plan.Encode.Parameters.Template, plan.VaeEncodes[0].Tensor, denoise.Inpaint, denoise.InitialIsReference));
        Assert.All(plan.VaeEncodes, encoding => Assert.Equal(expected.Item2, encoding.Tensor));
        Assert.Equal(GoldenRequests.Number(golden, "strength") ?? 0, denoise.Strength);
        var seen = expected.Item1 == PromptTemplate.TextToImage ? 0 : golden.Images.Count - (expected.Inpaint ? 1 : 0);
        Assert.Equal(Enumerable.Range(0, seen), plan.Encode.Inputs);
        Assert.Equal(golden.Pipeline == PipelinePictures.Control ? inputs.Controls : inputs.References, plan.Inputs);
        Assert.Equal(golden.Images.Count - (expected.Inpaint ? 1 : 0), plan.Inputs.Count);
        if (expected.Inpaint)
        {
            var scale = plan.Generated.Width / denoise.LatentWidth;
            var pictures = new PipelinePictures(GoldenRequests.Of(golden), plan.Model.Multiple);
            Assert.Equal(pictures.Mask(scale), plan.LatentMask!.Pixels.ToArray());
            Assert.Equal((denoise.LatentWidth, denoise.LatentHeight), (plan.LatentMask.Width, plan.LatentMask.Height));
        }
        if (golden.Pipeline == PipelinePictures.Control)
        {
            var control = Assert.Single(denoise.Controls);
            Assert.Equal((Network, GoldenRequests.Number(golden, "controlnet_conditioning_scale"), 0.0, 1.0),
                (control.Name, control.Scale, control.GuidanceStart, control.GuidanceEnd));
        }
    }

    private static int LeftOut(DenoiseParameters denoise) =>
        denoise.Strength == 0 ? 0 : InitialPicture.LeftOutSteps(denoise.NumInferenceSteps, denoise.Strength);

    private static GenerationRequest Request(GoldenCase golden)
    {
        ReadOnlyMemory<byte>[] files = [.. golden.Images.Select(file => (ReadOnlyMemory<byte>)File.ReadAllBytes(file))];
        var isMasked = golden.Pipeline is PipelinePictures.Inpaint or PipelinePictures.EditInpaint;
        var isControl = golden.Pipeline == PipelinePictures.Control;
        return new GenerationRequest
        {
            Task = golden.Pipeline switch
            {
                PipelinePictures.Edit or PipelinePictures.EditPlus => GenerationTask.Edit,
                PipelinePictures.ImageToImage => GenerationTask.ImageToImage,
                PipelinePictures.Control => GenerationTask.Control,
                _ => GenerationTask.Inpaint,
            },
            Prompt = golden.Prompt,
            NegativePrompt = golden.NegativePrompt,
            // This pipeline takes no size.
            Size = golden.Pipeline == PipelinePictures.EditInpaint ? null : new ImageSize(golden.Width, golden.Height),
            Steps = golden.Steps,
            Guidance = golden.TrueCfgScale,
            Seed = golden.Seed,
            Strength = GoldenRequests.Number(golden, "strength"),
            References = isControl ? [] : isMasked ? files[..1] : files,
            Mask = isMasked ? files[1] : (ReadOnlyMemory<byte>?)null,
            Controls = isControl ? [new ControlPicture(Network, files[0], GoldenRequests.Number(golden, "controlnet_conditioning_scale") ?? 1)] : [],
        };
    }

    private static ServedModel Served(GoldenCase golden)
    {
        using var checkpoint = Checkpoint.Open(golden.ModelFolder);
        var scale = AutoencoderConfig.Parse(checkpoint.ReadConfig("vae")).ScaleFactor;
        var patch = TransformerConfig.Parse(checkpoint.ReadConfig("transformer")).PatchSize;
        var denoiser = new ModelInfo
        {
            ModelId = checkpoint.ModelId,
            PipelineClass = checkpoint.PipelineClass,
            Features = { StageFeatures.References, StageFeatures.InitialLatents, StageFeatures.Inpaint, StageFeatures.Control },
            Denoiser = new DenoiserInfo { PatchSize = patch, MaxReferences = 4, Controls = { Network } },
        };
        return new ServedModel(
            "", new ProfileCatalog(Options.Create(new GatewayOptions())).For(checkpoint.ModelId, checkpoint.PipelineClass, scale * patch),
            new ModelInfo { Features = { StageFeatures.Images, StageFeatures.Prompts }, Encoder = new EncoderInfo { MaxImages = 4 } },
            denoiser,
            new ModelInfo { Features = { StageFeatures.VaeEncode }, Vae = new VaeInfo { ScaleFactor = scale } },
            new StagePools(new StagePool("encoder", ["encoder"]), new StagePool("denoiser", ["denoiser"]), new StagePool("vae", ["vae"])));
    }

    private static async Task<PictureInputs> ReadAsync(GenerationRequest request)
    {
        using var reader = new PictureInputReader(new VipsDecoder(), Options.Create(new PictureOptions()));
        return await reader.ReadAsync(request, TestContext.Current.CancellationToken);
    }
}
