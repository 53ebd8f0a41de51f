using System.Runtime.InteropServices;
using Grpc.Core;
using QwenMesh.Denoiser.Requests;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Denoiser.Tests.Requests;

public sealed class DenoiseRequestReaderTests
{
    private const int Width = 8;

    private static readonly DenoiserLimits Limits = new(
        new TransformerConfig { InChannels = 16, OutChannels = 4, JointAttentionDim = Width }, MaxImageTokens: 100, MaxSteps: 10, MaxTensorBytes: 1 << 20);

    private static readonly float[] Embeds = Messages.Embeds(3, Width, 1);

    [Fact]
    public async Task Reads_a_complete_call()
    {
        float[] noise = [.. Enumerable.Range(0, 4 * 6 * 4).Select(i => i * 0.5f)];
        var negative = Messages.Embeds(2, Width, 2);
        var job = await ReadAsync(
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
    public async Task Guidance_needs_a_scale_above_one_and_a_negative_prompt(double scale, bool negative, bool guided)
    {
        var job = await ReadAsync(
        [
            Messages.Parameters(p => p.TrueCfgScale = scale),
            .. Messages.Tensor("prompt_embeds", Embeds, 3, Width),
            .. negative ? Messages.Tensor("negative_prompt_embeds", Embeds, 3, Width) : [],
        ]);
        Assert.Equal(guided, job.IsGuided);
    }

    [Fact]
    public async Task Half_precision_conditioning_is_widened()
    {
        var halves = Array.ConvertAll(Embeds, value => (Half)value);
        var brains = Array.ConvertAll(Embeds, value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
        var job = await ReadAsync(
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
    };

    [Theory]
    [MemberData(nameof(BadParameters))]
    public async Task Parameters_are_refused_before_any_tensor(string named, Action<DenoiseParameters> change)
    {
        var stream = new Stream([Messages.Parameters(change), .. Messages.Tensor("prompt_embeds", Embeds, 3, Width)]);
        var refused = await Assert.ThrowsAsync<WireFormatException>(() => DenoiseRequestReader.ReadAsync(stream, Limits, CancellationToken.None));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, stream.Taken);
    }

    public static TheoryData<string, DenoiseRequest[]> BadStreams => new()
    {
        { "no message", [] },
        { "first message must be the parameters", [new DenoiseRequest()] },
        { "first message must be the parameters", [.. Messages.Tensor("prompt_embeds", Embeds, 3, Width)] },
        { "'prompt_embeds' is missing", [Messages.Parameters()] },
        { "'prompt_embeds' is missing", [Messages.Parameters(), .. Messages.Tensor("negative_prompt_embeds", Embeds, 3, Width)] },
        { "must follow the parameters", [Messages.Parameters(), Messages.Parameters()] },
        { "must follow the parameters", [Messages.Parameters(), new DenoiseRequest()] },
        { "neither a header nor a chunk", [Messages.Parameters(), new DenoiseRequest { Frame = new TensorFrame() }] },
        { "twice", [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", Embeds, 3, Width), .. Messages.Tensor("prompt_embeds", Embeds, 3, Width)] },
        { "'latents' is not one of", [Messages.Parameters(), .. Messages.Tensor("latents", Embeds, 3, Width)] },
        { "[tokens, 8] is expected", [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", Embeds, 24)] },
        { "[tokens, 8] is expected", [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", Embeds, 6, 4)] },
        { "[tokens, 8] is expected", [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", Embeds, 1, 3, 8)] },
        { "at most 4095", [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", new float[4096 * Width], 4096, Width)] },
        { "dtype Int64", [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", DataType.Int64, new byte[64], 1, Width)] },
        { "[4, 6, 4] is expected", [Messages.Parameters(), .. Messages.Tensor("noise", new float[96], 4, 4, 6)] },
        { "FLOAT32 is expected", [Messages.Parameters(), .. Messages.Tensor("noise", DataType.Float16, new byte[192], 4, 6, 4)] },
        { "'prompt_embeds' holds values that are not finite", [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", [.. Embeds[1..], float.NaN], 3, Width)] },
        { "'noise' holds values that are not finite", [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", Embeds, 3, Width), .. Messages.Tensor("noise", [.. new float[95], float.NegativeInfinity], 4, 6, 4)] },
        { "ended after 0 of 96 bytes", [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", Embeds, 3, Width).Take(1)] },
    };

    [Theory]
    [MemberData(nameof(BadStreams))]
    public async Task Streams_that_break_the_contract_are_refused(string named, DenoiseRequest[] messages)
    {
        var refused = await Assert.ThrowsAsync<WireFormatException>(() => ReadAsync(messages));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_side_without_positions_for_text_is_refused()
    {
        var limits = Limits with { MaxImageTokens = 10_000 };
        var longest = new Stream([Messages.Parameters(p => (p.LatentHeight, p.LatentWidth) = (2, 2 * 8191)), .. Messages.Tensor("prompt_embeds", Embeds[..Width], 1, Width)]);
        Assert.Equal(8191, (await DenoiseRequestReader.ReadAsync(longest, limits, CancellationToken.None)).Grid.Tokens);
        var longer = new Stream([Messages.Parameters(p => (p.LatentHeight, p.LatentWidth) = (2, 2 * 8192))]);
        var refused = await Assert.ThrowsAsync<WireFormatException>(() => DenoiseRequestReader.ReadAsync(longer, limits, CancellationToken.None));
        Assert.Contains("no positions for text", refused.Message, StringComparison.Ordinal);
    }

    private static Task<DenoiseJob> ReadAsync(DenoiseRequest[] messages) => DenoiseRequestReader.ReadAsync(new Stream(messages), Limits, CancellationToken.None);

    private sealed class Stream(DenoiseRequest[] messages) : IAsyncStreamReader<DenoiseRequest>
    {
        /// <summary>Messages taken.</summary>
        public int Taken { get; private set; }

        public DenoiseRequest Current => messages[Taken - 1];

        public Task<bool> MoveNext(CancellationToken cancellationToken) => Task.FromResult(Taken++ < messages.Length);
    }
}
