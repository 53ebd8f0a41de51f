using QwenMesh.Checkpoints;
using QwenMesh.Denoiser;
using QwenMesh.Denoiser.Latents;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Encoder.TextModel;
using QwenMesh.Encoder.Tokenization;
using QwenMesh.Imaging;
using QwenMesh.Tensors;
using QwenMesh.Tensors.Cpu;
using QwenMesh.Vae;
using QwenMesh.Vae.Autoencoder;
using DenoiserPrompt = QwenMesh.Denoiser.Transformer.PromptEmbeds;
using Template = QwenMesh.Encoder.Prompting.PromptTemplate;

namespace QwenMesh.Mesh.Tests;

/// <summary>The three models called one after the other, without services, wire or gateway.</summary>
internal static class OneProcessPipeline
{
    public static byte[] Png(string model, string prompt, string negative, int width, int height, int steps, float scale, ulong seed)
    {
        using var checkpoint = Checkpoint.Open(model);
        using var backend = new CpuBackend();
        var vaeConfig = AutoencoderConfig.Parse(checkpoint.ReadConfig("vae"));
        using var decoder = new LatentDecoder(vaeConfig, checkpoint.OpenWeights("vae"), backend);
        var config = TransformerConfig.Parse(checkpoint.ReadConfig("transformer"));
        using var transformer = new ImageTransformer(config, checkpoint.OpenWeights("transformer"), backend);
        var loop = new DenoisingLoop(transformer, SchedulerConfig.Parse(checkpoint.ReadConfig("scheduler")), backend);
        var grid = new LatentGrid(config.OutChannels, height / vaeConfig.ScaleFactor, width / vaeConfig.ScaleFactor, config.PatchSize);
        var latents = loop.Run(
            new DenoiseJob
            {
                Grid = grid,
                Steps = steps,
                TrueCfgScale = scale,
                Seed = seed,
                Prompt = Encode(checkpoint, backend, prompt),
                NegativePrompt = Encode(checkpoint, backend, negative),
            },
            new Silent(), CancellationToken.None);
        var frame = decoder.Decode(latents, grid.Height, grid.Width, CancellationToken.None);
        return ImageEncoder.Encode(new RgbImage(frame.Width, frame.Height, frame.Pixels), ImageFormat.Png);
    }

    private static DenoiserPrompt Encode(Checkpoint checkpoint, CpuBackend backend, string prompt)
    {
        var tokenizer = QwenTokenizer.Open(checkpoint.ComponentFolder("tokenizer"));
        var config = TextModelConfig.Parse(checkpoint.ReadConfig("text_encoder"));
        using var transformer = new TextTransformer(config, checkpoint.OpenWeights("text_encoder"), backend);
        var ids = tokenizer.Encode(Template.TextToImage.Fill(prompt));
        using var hidden = transformer.Run(ids, CancellationToken.None);
        var dropped = Template.TextToImage.DroppedTokens;
        var rows = new float[(ids.Count - dropped) * hidden.Shape.Columns];
        backend.Read(hidden.Rows(dropped, ids.Count - dropped), rows);
        return new DenoiserPrompt(ids.Count - dropped, rows);
    }

    private sealed class Silent : IDenoiseProgress
    {
        public void Started(FlowMatchSchedule schedule)
        {
        }

        public void StepDone(int step, float sigma, TimeSpan elapsed)
        {
        }
    }
}
