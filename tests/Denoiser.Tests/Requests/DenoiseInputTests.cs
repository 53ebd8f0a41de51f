using System.Runtime.InteropServices;
using QwenMesh.Denoiser.Requests;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Denoiser.Tests.Requests;

public sealed class DenoiseInputTests
{
    private const int Width = 8;

    private static readonly DenoiserLimits Limits = new(
        new TransformerConfig { InChannels = 16, OutChannels = 4, JointAttentionDim = Width }, new Dictionary<string, ControlNetwork>(), MaxImageTokens: 100, MaxSteps: 10, MaxReferences: 2);

    private static readonly float[] Embeds = Messages.Embeds(3, Width, 1);

    [Fact]
    public void Reads_a_complete_call()
    {
        float[] noise = [.. Enumerable.Range(0, 4 * 6 * 4).Select(i => i * 0.5f)];
        var negative = Messages.Embeds(2, Width, 2);
        var job = Read(
        [
            Messages.Parameters(p => p.Seed = (1UL << 40) + 7),
            .. Messages.Tensor("noise", noise, 4, 6, 4),
            .. Messages.Tensor("negative_prompt_embeds", negative, 2, Width),
            .. Messages.Tensor("prompt_embeds", Embeds, 3, Width),
        ]);
        Assert.Equal((4, 6, 4, 2), (job.Grid.Channels, job.Grid.Height, job.Grid.Width, job.Grid.Patch));
        Assert.Equal((2, false, 4f, (1UL << 40) + 7), (job.Steps, job.Lightning, job.TrueCfgScale, job.Seed));
        Assert.Equal((3, 2, true), (job.Prompt.Tokens, job.NegativePrompt!.Tokens, job.IsGuided));
        Assert.Equal(Embeds, job.Prompt.Values);
        Assert.Equal(negative, job.NegativePrompt.Values);
        Assert.Equal(noise, job.Noise);
    }

    [Theory]
    [InlineData(4.0, false, false)]
    [InlineData(4.0, true, true)]
    [InlineData(1.0, true, false)]
    [InlineData(0.0, true, false)]
    public void Guidance_needs_a_scale_above_one_and_a_negative_prompt(double scale, bool negative, bool guided)
    {
        var job = Read(
        [
            Messages.Parameters(p => p.TrueCfgScale = scale),
            .. Messages.Tensor("prompt_embeds", Embeds, 3, Width),
            .. negative ? Messages.Tensor("negative_prompt_embeds", Embeds, 3, Width) : [],
        ]);
        Assert.Equal(guided, job.IsGuided);
    }

    [Fact]
    public void Half_precision_conditioning_is_widened()
    {
        var halves = Array.ConvertAll(Embeds, value => (Half)value);
        var brains = Array.ConvertAll(Embeds, value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
        var job = Read(
        [
            Messages.Parameters(),
            .. Messages.Tensor("prompt_embeds", DataType.Float16, MemoryMarshal.AsBytes(halves.AsSpan()).ToArray(), 3, Width),
            .. Messages.Tensor("negative_prompt_embeds", DataType.Bfloat16, MemoryMarshal.AsBytes(brains.AsSpan()).ToArray(), 3, Width),
        ]);
        Assert.Equal(Array.ConvertAll(halves, value => (float)value), job.Prompt.Values);
        Assert.Equal(Array.ConvertAll(brains, value => BitConverter.UInt32BitsToSingle((uint)value << 16)), job.NegativePrompt!.Values);
    }

    public static TheoryData<string, Action<DenoiseParameters>> BadParameters => new()
    {
        { "latent_height", p => p.LatentHeight = 0 },
        { "latent_height", p => p.LatentHeight = -2 },
        { "multiples of 2", p => p.LatentWidth = 5 },
        { "at most 100", p => (p.LatentHeight, p.LatentWidth) = (22, 20) },
        { "at most 100", p => (p.LatentHeight, p.LatentWidth) = (int.MaxValue - 1, int.MaxValue - 1) },
        { "num_inference_steps", p => p.NumInferenceSteps = 0 },
        { "num_inference_steps", p => p.NumInferenceSteps = 11 },
        { "num_inference_steps", p => p.NumInferenceSteps = int.MinValue },
        { "scheduler is required", p => p.Scheduler = Scheduler.Unspecified },
        { "scheduler 99", p => p.Scheduler = (Scheduler)99 },
        { "true_cfg_scale", p => p.TrueCfgScale = double.NaN },
        { "true_cfg_scale", p => p.TrueCfgScale = double.PositiveInfinity },
        { "true_cfg_scale", p => p.TrueCfgScale = 1e300 },
        { "true_cfg_scale", p => p.TrueCfgScale = -0.5 },
        { "strength", p => p.Strength = 1.01 },
        { "strength", p => p.Strength = double.NaN },
        { "leaves no step", p => p.Strength = 1e-300 },
        { "start_step", p => p.StartStep = -1 },
        { "start_step", p => p.StartStep = 2 },
        { "start_step", p => (p.Strength, p.NumInferenceSteps, p.StartStep) = (0.5, 10, 5) },
        { "preview_interval", p => p.PreviewInterval = -1 },
        { "checkpoint_interval", p => p.CheckpointInterval = int.MinValue },
        { "references[1] must be positive multiples of 2", p => p.References.Add([Size(2, 2), Size(0, 2)]) },
        { "references is a list of 3", p => p.References.Add([Size(2, 2), Size(2, 2), Size(2, 2)]) },
        { "106 tokens together", p => p.References.Add([Size(20, 10), Size(10, 20)]) },
        { "initial_is_reference", BothReferences },
        { "controls[0].name is 'canny'", p => p.Controls.Add(new Control { Name = "canny" }) },
        { "controls is a list of 9", p => p.Controls.Add(Enumerable.Repeat(new Control(), 9)) },
        { "adapters", p => p.Adapters.Add(new Adapter { Name = "lightning" }) },
    };

    [Theory]
    [MemberData(nameof(BadParameters))]
    public void Parameters_are_refused_by_their_names(string named, Action<DenoiseParameters> change)
    {
        var refused = Assert.Throws<WireFormatException>(() => DenoiseInput.From(Messages.Parameters(change).Parameters, Limits));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
        Assert.StartsWith("parameters.", refused.Field, StringComparison.Ordinal);
    }

    private static DenoiseRequest References => Messages.Parameters(p => p.References.Add([Size(6, 4), Size(2, 8)]));

    private static DenoiseRequest Inpaint => Messages.Parameters(p => p.Inpaint = true);

    private static LatentSize Size(int height, int width) => new() { Height = height, Width = width };

    private static void BothReferences(DenoiseParameters parameters)
    {
        parameters.InitialIsReference = true;
        parameters.References.Add(Size(2, 2));
    }

    public static TheoryData<string, DenoiseRequest[]> BadTensors => new()
    {
        { "'prompt_embeds' is missing", [Messages.Parameters()] },
        { "'prompt_embeds' is missing", [Messages.Parameters(), .. Messages.Tensor("negative_prompt_embeds", Embeds, 3, Width)] },
        { "neither a header nor a chunk", [Messages.Parameters(), new DenoiseRequest { Frame = new TensorFrame() }] },
        { "twice", [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", Embeds, 3, Width), .. Messages.Tensor("prompt_embeds", Embeds, 3, Width)] },
        { "'latents' is not one that", [Messages.Parameters(), .. Messages.Tensor("latents", Embeds, 3, Width)] },
        { "[tokens, 8] is expected", [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", Embeds, 24)] },
        { "[tokens, 8] is expected", [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", Embeds, 6, 4)] },
        { "[tokens, 8] is expected", [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", Embeds, 1, 3, 8)] },
        { "at most 4095", [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", new float[4096 * Width], 4096, Width)] },
        { "dtype Int64", [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", DataType.Int64, new byte[64], 1, Width)] },
        { "[4, 6, 4] is expected", [Messages.Parameters(), .. Messages.Tensor("noise", new float[96], 4, 4, 6)] },
        { "FLOAT32 is expected", [Messages.Parameters(), .. Messages.Tensor("noise", DataType.Float16, new byte[192], 4, 6, 4)] },
        { "'prompt_embeds' holds values that are not finite", [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", [.. Embeds[1..], float.NaN], 3, Width)] },
        { "'noise' holds values that are not finite", [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", Embeds, 3, Width), .. Messages.Tensor("noise", [.. new float[95], float.NegativeInfinity], 4, 6, 4)] },
        { "'mask' is not one that", [Messages.Parameters(), .. Messages.Tensor("mask", DataType.Uint8, new byte[24], 6, 4)] },
        { "'reference' is not one that", [Messages.Parameters(), .. Messages.Tensor("reference", new float[192], 8, 6, 4)] },
        { "'prompt_embeds[1]' is not one that", [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", 1, Embeds, 3, Width)] },
        { "'reference[2]' is not one that", [References, .. Messages.Tensor("reference", 2, new float[192], 8, 6, 4)] },
        { "'reference[1]' has shape [8, 6, 4]; [8, 2, 8] is expected", [References, .. Messages.Tensor("reference", 1, new float[192], 8, 6, 4)] },
        { "'reference[1]' is missing", [References, .. Messages.Tensor("reference", new float[192], 8, 6, 4), .. Messages.Tensor("prompt_embeds", Embeds, 3, Width)] },
        { "'initial' has shape [4, 6, 4]; [8, 6, 4] is expected", [Messages.Parameters(), .. Messages.Tensor("initial", new float[96], 4, 6, 4)] },
        { "'initial' is missing", [Messages.Parameters(p => p.Strength = 0.9), .. Messages.Tensor("prompt_embeds", Embeds, 3, Width)] },
        { "'initial' is missing", [Messages.Parameters(p => p.InitialIsReference = true), .. Messages.Tensor("prompt_embeds", Embeds, 3, Width)] },
        { "'mask' is missing", [Inpaint, .. Messages.Tensor("initial", new float[192], 8, 6, 4), .. Messages.Tensor("prompt_embeds", Embeds, 3, Width)] },
        { "UINT8 is expected", [Inpaint, .. Messages.Tensor("mask", new float[24], 6, 4)] },
        { "'mask' has shape [3, 2]; [6, 4] is expected", [Inpaint, .. Messages.Tensor("mask", DataType.Uint8, new byte[6], 3, 2)] },
        { "holds 2 at element 23", [Inpaint, .. Messages.Tensor("initial", new float[192], 8, 6, 4), .. Messages.Tensor("prompt_embeds", Embeds, 3, Width), .. Messages.Tensor("mask", DataType.Uint8, [.. new byte[23], 2], 6, 4)] },
        { "'latents' is missing", [Messages.Parameters(p => p.StartStep = 1), .. Messages.Tensor("prompt_embeds", Embeds, 3, Width)] },
        { "'initial' holds values that are not finite", [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", Embeds, 3, Width), .. Messages.Tensor("initial", [.. new float[191], float.NaN], 8, 6, 4)] },
        { "ended after 0 of 96 bytes", [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", Embeds, 3, Width).Take(1)] },
    };

    [Theory]
    [MemberData(nameof(BadTensors))]
    public void Tensors_that_break_the_contract_are_refused(string named, DenoiseRequest[] messages)
    {
        var refused = Assert.Throws<WireFormatException>(() => Read(messages));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_side_without_positions_for_text_is_refused()
    {
        var limits = Limits with { MaxImageTokens = 10_000 };
        var longest = Messages.Parameters(p => (p.LatentHeight, p.LatentWidth) = (2, 2 * 8191)).Parameters;
        Assert.NotNull(DenoiseInput.From(longest, limits));
        var longer = Messages.Parameters(p => (p.LatentHeight, p.LatentWidth) = (2, 2 * 8192)).Parameters;
        var refused = Assert.Throws<WireFormatException>(() => DenoiseInput.From(longer, limits));
        Assert.Contains("no positions for text", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pictures_come_by_their_indices()
    {
        var (first, second, initial) = (Messages.Embeds(8, 24, 1), Messages.Embeds(8, 16, 2), Messages.Embeds(8, 24, 3));
        byte[] mask = [.. Enumerable.Range(0, 24).Select(cell => (byte)(cell % 2))];
        var job = Read(
        [
            Messages.Parameters(p =>
            {
                p.References.Add([new LatentSize { Height = 6, Width = 4 }, new LatentSize { Height = 2, Width = 8 }]);
                (p.Strength, p.Inpaint, p.NumInferenceSteps) = (0.5, true, 10);
                (p.StartStep, p.PreviewInterval, p.CheckpointInterval) = (4, 2, 3);
            }),
            .. Messages.Tensor("reference", 1, second, 8, 2, 8),
            .. Messages.Tensor("mask", DataType.Uint8, mask, 6, 4),
            .. Messages.Tensor("latents", new float[96], 4, 6, 4),
            .. Messages.Tensor("reference", 0, first, 8, 6, 4),
            .. Messages.Tensor("initial", initial, 8, 6, 4),
            .. Messages.Tensor("prompt_embeds", Embeds, 3, Width),
        ]);
        Assert.Equal([(6, 4), (2, 8)], job.References.Select(reference => (reference.Grid.Height, reference.Grid.Width)));
        Assert.Equal([first[..96], second[..64]], job.References.Select(reference => reference.Latents));
        Assert.Equal(initial[..96], job.Initial!.Latents.Mean);
        Assert.Equal(initial[96..], job.Initial.Latents.LogVariance);
        Assert.Equal(mask, job.Initial.Mask);
        Assert.Equal((5, 5, 4, 2, 3), (job.LeftOutSteps, job.RunSteps, job.StartStep, job.PreviewInterval, job.CheckpointInterval));
        Assert.Equal(3, job.Images.Count);
    }

    [Theory]
    [InlineData(6, 0.6, 2)]
    [InlineData(5, 0.8, 1)]
    [InlineData(3, 1.0, 0)]
    [InlineData(50, 0.001, 49)]
    public void Strength_leaves_out_steps_as_the_reference_does(int steps, double strength, int leftOut) =>
        Assert.Equal(leftOut, InitialPicture.LeftOutSteps(steps, strength));

    // What the stage's calls do with messages.
    private static DenoiseJob Read(DenoiseRequest[] messages)
    {
        var input = DenoiseInput.From(messages[0].Parameters, Limits);
        using var assembler = new TensorAssembler(new TensorLimits(1 << 20, input.MaxTensors), input.CheckHeader);
        foreach (var message in messages.Skip(1))
        {
            assembler.Accept(message.Frame);
        }
        using var tensors = assembler.Complete();
        return input.Join(tensors);
    }
}
