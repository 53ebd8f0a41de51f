using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Checkpoints;
using QwenMesh.Denoiser;
using QwenMesh.Denoiser.Latents;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Encoder;
using QwenMesh.Encoder.Pictures;
using QwenMesh.Imaging;
using QwenMesh.Tensors;
using QwenMesh.Testing;
using QwenMesh.Vae;
using QwenMesh.Vae.Autoencoder;
using QwenMesh.Vae.Pixels;
using DenoiserPrompt = QwenMesh.Denoiser.Transformer.PromptEmbeds;
using Template = QwenMesh.Encoder.Prompting.PromptTemplate;

namespace QwenMesh.Mesh.Tests;

/// <summary>What the pipeline is asked for. Sizes that the model cannot have are rounded down, as in the reference.</summary>
internal sealed record OneProcessRequest(string Model, string Prompt, string? Negative, int Width, int Height, int Steps, float Scale, ulong Seed)
{
    public bool Lightning { get; init; }

    public int MaxSequenceLength { get; init; } = 512;

    /// <summary>Called after each step with its number, from 1, and the packed latents [L, P].</summary>
    public Action<int, float[]>? LatentsDone { get; init; }
}

/// <summary>The picture, and the conditioning on the way to it.</summary>
internal sealed record OneProcessResult(RgbImage Picture, DenoiserPrompt Prompt, DenoiserPrompt? Negative);

/// <summary>The three models called one after the other, without services, wire or gateway.</summary>
internal static class OneProcessPipeline
{
    public static byte[] Png(OneProcessRequest request, CancellationToken cancellation) =>
        new VipsEncoder().Encode(Run(request, cancellation).Picture, ImageFormat.Png);

    public static OneProcessResult Run(OneProcessRequest request, CancellationToken cancellation)
    {
        using var checkpoint = Checkpoint.Open(request.Model);
        using var backend = TestEngine.Open();
        var (prompt, negative) = Encode(request, checkpoint, backend, cancellation);
        var vaeConfig = AutoencoderConfig.Parse(checkpoint.ReadConfig("vae"));
        var config = TransformerConfig.Parse(checkpoint.ReadConfig("transformer"));
        var cell = vaeConfig.ScaleFactor * config.PatchSize;
        var grid = new LatentGrid(
            config.OutChannels, request.Height / cell * config.PatchSize, request.Width / cell * config.PatchSize, config.PatchSize);
        var job = new DenoiseJob
        {
            Grid = grid,
            Steps = request.Steps,
            Lightning = request.Lightning,
            TrueCfgScale = request.Scale,
            Seed = request.Seed,
            Prompt = prompt,
            NegativePrompt = negative,
        };
        var latents = Denoise(request, job, config, checkpoint, backend, cancellation);
        using var autoencoder = new AutoencoderKLQwenImage(vaeConfig, checkpoint.OpenWeights("vae"), backend);
        using var decoder = new LatentDecoder(autoencoder, backend);
        var frame = decoder.Decode(new Latents(latents, grid.Height, grid.Width), cancellation);
        return new(new RgbImage(frame.Width, frame.Height, frame.Pixels), prompt, negative);
    }

    private static (DenoiserPrompt Prompt, DenoiserPrompt? Negative) Encode(
        OneProcessRequest request, Checkpoint checkpoint, TensorBackend backend, CancellationToken cancellation)
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var telemetry = new EncoderInstrumentation(services.GetRequiredService<IMeterFactory>(), new EncodeCache(0));
        using var encoder = EncoderModel.Open(checkpoint, component => checkpoint.OpenWeights(component), backend, telemetry);
        return (One(request.Prompt), request.Negative is { } negative && request.Scale > 1 ? One(negative) : null);

        DenoiserPrompt One(string prompt)
        {
            var embeds = encoder.Encode(Template.TextToImage, prompt, request.MaxSequenceLength, SeenPictures.None, cancellation);
            return new DenoiserPrompt(embeds.Tokens, MemoryMarshal.Cast<byte, float>(embeds.Bytes.Span).ToArray());
        }
    }

    private static float[] Denoise(
        OneProcessRequest request, DenoiseJob job, TransformerConfig config, Checkpoint checkpoint, TensorBackend backend,
        CancellationToken cancellation)
    {
        var transformer = new ImageTransformer(config, checkpoint.OpenWeights("transformer"), backend);
        using var denoiser = new LoadedDenoiser(transformer, SchedulerConfig.Parse(checkpoint.ReadConfig("scheduler")), backend);
        return denoiser.Run(job, cancellation, (step, tokens) =>
        {
            var packed = new float[tokens.Shape.Count];
            backend.Read(tokens, packed);
            request.LatentsDone?.Invoke(step, packed);
        });
    }
}
