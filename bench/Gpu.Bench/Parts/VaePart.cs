using System.Text.Json.Nodes;
using QwenMesh.Checkpoints;
using QwenMesh.Vae;

namespace QwenMesh.Gpu.Bench.Parts;

/// <summary>Latents to pixels, from host memory to host memory. Encoding is not in the Vae service yet.</summary>
internal static class VaePart
{
    public static JsonObject Run(BenchOptions options)
    {
        var sizes = options.Tiny ? ModelSizes.Tiny : ModelSizes.Released;
        var config = sizes.Autoencoder;
        using var backend = options.OpenEngine();
        using var decoder = new LatentDecoder(config, Weights.From(new RandomWeights()), backend);
        using var clock = new DeviceClock(backend);
        var cells = sizes.Sides[^1] / config.ScaleFactor;
        var latents = RandomActivations.Values((long)config.ZDim * cells * cells);
        var milliseconds = clock.PerCall(() => decoder.Decode(latents, cells, cells, CancellationToken.None), roundMilliseconds: 1);
        return new JsonObject
        {
            ["side"] = cells * config.ScaleFactor,
            ["decode_ms"] = milliseconds,
            ["encode_ms"] = null,
            ["encode_note"] = "the Vae service does not encode yet",
            ["peak_bytes"] = backend.Memory.Peak,
        };
    }
}
