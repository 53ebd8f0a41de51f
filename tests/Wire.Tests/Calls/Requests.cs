using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Wire.Tests.Calls;

/// <summary>The messages of good calls. The shipped checkpoint has conditioning of 128 values a token and latents of 12 channels.</summary>
internal static class Requests
{
    public const int Width = 128;
    public const int Channels = 12;

    // Small, so that an upload has many messages.
    private const int ChunkBytes = 1000;

    public static IEnumerable<EncodeRequest> Encode(string prompt) =>
        [new EncodeRequest { Parameters = new EncodeParameters { Prompts = { prompt }, Template = PromptTemplate.TextToImage } }];

    public static IEnumerable<DenoiseRequest> Denoise(int cells, int steps, ulong seed, long[] shape, ReadOnlyMemory<byte> embeds) =>
    [
        new DenoiseRequest
        {
            Parameters = new DenoiseParameters
            {
                LatentHeight = cells, LatentWidth = cells, NumInferenceSteps = steps, Scheduler = Scheduler.Checkpoint, TrueCfgScale = 1, Seed = seed,
            },
        },
        .. TensorFrames.Split(new OutgoingTensor("prompt_embeds", DataType.Float32, shape, embeds), 0, ChunkBytes).Select(frame => new DenoiseRequest { Frame = frame }),
    ];

    /// <summary>A denoising of <paramref name="steps"/> steps with conditioning of zeros.</summary>
    public static IEnumerable<DenoiseRequest> Denoise(int cells, int steps) =>
        Denoise(cells, steps, seed: 1, [8, Width], new byte[8 * Width * sizeof(float)]);

    public static IEnumerable<VaeDecodeRequest> Decode(long[] shape, ReadOnlyMemory<byte> latents) =>
    [
        new VaeDecodeRequest { Parameters = new VaeDecodeParameters { OutputDtype = DataType.Uint8 } },
        .. TensorFrames.Split(new OutgoingTensor("latents", DataType.Float32, shape, latents), 0, ChunkBytes).Select(frame => new VaeDecodeRequest { Frame = frame }),
    ];

    /// <summary>A square picture from latents of zeros.</summary>
    public static IEnumerable<VaeDecodeRequest> Decode(int cells) =>
        Decode([Channels, cells, cells], new byte[Channels * cells * cells * sizeof(float)]);
}
