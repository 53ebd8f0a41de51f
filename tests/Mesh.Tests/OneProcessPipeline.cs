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
using EncodedReference = QwenMesh.Denoiser.ReferencePicture;
using LatentPosterior = QwenMesh.Denoiser.Sampling.Posterior;
using SeenReference = QwenMesh.Encoder.Pictures.ReferencePicture;

namespace QwenMesh.Mesh.Tests;

/// <summary>The three models called one after the other, without services, wire or gateway.</summary>
internal static class OneProcessPipeline
{
    public static byte[] Png(OneProcessRequest request, CancellationToken cancellation) =>
        new VipsEncoder().Encode(Run(request, cancellation).Picture, ImageFormat.Png);

    public static OneProcessResult Run(OneProcessRequest request, CancellationToken cancellation)
    {
        using var checkpoint = Checkpoint.Open(request.Model);
        using var backend = TestEngine.Open();
        var vaeConfig = AutoencoderConfig.Parse(checkpoint.ReadConfig("vae"));
        var config = TransformerConfig.Parse(checkpoint.ReadConfig("transformer"));
        var pictures = new PipelinePictures(request, vaeConfig.ScaleFactor * config.PatchSize);
        var (prompt, negative) = EncodePrompts(request, pictures, checkpoint, backend, cancellation);
        using var autoencoder = new AutoencoderKLQwenImage(vaeConfig, checkpoint.OpenWeights("vae"), backend);
        var encoded = EncodePictures(pictures, config.PatchSize, new PictureEncoder(autoencoder, backend), cancellation);
        var grid = new LatentGrid(
            config.OutChannels, pictures.Drawn.Height / vaeConfig.ScaleFactor, pictures.Drawn.Width / vaeConfig.ScaleFactor, config.PatchSize);
        var job = new DenoiseJob
        {
            Grid = grid,
            Steps = request.Steps,
            Lightning = request.Lightning,
            TrueCfgScale = request.Scale,
            Seed = request.Seed,
            Prompt = prompt,
            NegativePrompt = negative,
            References = request.Pipeline is PipelinePictures.Edit or PipelinePictures.EditPlus
                ? [.. encoded.Select(picture => new EncodedReference(picture.Grid, picture.Latents.Mean))]
                : [],
            Initial = request.Pipeline is PipelinePictures.ImageToImage or PipelinePictures.Inpaint or PipelinePictures.EditInpaint
                ? new InitialPicture(encoded[0].Latents, request.Strength)
                {
                    Mask = request.Mask is null ? null : pictures.Mask(vaeConfig.ScaleFactor),
                    IsReference = request.Pipeline == PipelinePictures.EditInpaint,
                }
                : null,
        };
        var control = request.Pipeline == PipelinePictures.Control ? encoded[0].Latents : null;
        var latents = Denoise(request, job, control, config, checkpoint, backend, cancellation);
        using var decoder = new LatentDecoder(autoencoder, backend);
        var frame = decoder.Decode(new Latents(latents, grid.Height, grid.Width), cancellation);
        return new(new RgbImage(frame.Width, frame.Height, frame.Pixels), prompt, negative);
    }

    private static (DenoiserPrompt Prompt, DenoiserPrompt? Negative) EncodePrompts(
        OneProcessRequest request, PipelinePictures pictures, Checkpoint checkpoint, TensorBackend backend, CancellationToken cancellation)
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var telemetry = new EncoderInstrumentation(services.GetRequiredService<IMeterFactory>(), new EncodeCache(0));
        using var encoder = EncoderModel.Open(checkpoint, component => checkpoint.OpenWeights(component), backend, telemetry);
        using var seen = encoder.See(pictures.Template, [.. pictures.Seen.Select(picture => new SeenReference(picture))], cancellation);
        return (One(request.Prompt), request.Negative is { } negative && request.Scale > 1 ? One(negative) : null);

        DenoiserPrompt One(string prompt)
        {
            var embeds = encoder.Encode(pictures.Template, prompt, pictures.Template.CutsPrompt ? request.MaxSequenceLength : 0, seen, cancellation);
            return new DenoiserPrompt(embeds.Tokens, MemoryMarshal.Cast<byte, float>(embeds.Bytes.Span).ToArray());
        }
    }

    private static List<(LatentGrid Grid, LatentPosterior Latents)> EncodePictures(
        PipelinePictures pictures, int patch, PictureEncoder encoder, CancellationToken cancellation)
    {
        var encoded = new List<(LatentGrid Grid, LatentPosterior Latents)>();
        foreach (var picture in pictures.Encoded)
        {
            var latents = encoder.Encode(picture, cancellation);
            encoded.Add((new(latents.Channels, latents.Height, latents.Width, patch), new(latents.Mean.ToArray(), latents.LogVariance.ToArray())));
        }
        return encoded;
    }

    private static float[] Denoise(
        OneProcessRequest request, DenoiseJob job, LatentPosterior? control, TransformerConfig config, Checkpoint checkpoint, TensorBackend backend,
        CancellationToken cancellation)
    {
        var transformer = new ImageTransformer(config, checkpoint.OpenWeights("transformer"), backend);
        using var denoiser = new LoadedDenoiser(transformer, SchedulerConfig.Parse(checkpoint.ReadConfig("scheduler")), backend);
        if (control is not null)
        {
            var network = ControlNetwork.Open(request.ControlNetwork!, config, backend);
            denoiser.Add("control", network);
            job = job with { Controls = [new(network, control, request.ControlScale)] };
        }
        return denoiser.Run(job, cancellation, (step, tokens) =>
        {
            var packed = new float[tokens.Shape.Count];
            backend.Read(tokens, packed);
            request.LatentsDone?.Invoke(step, packed);
        });
    }
}
