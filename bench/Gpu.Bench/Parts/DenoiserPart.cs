using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using QwenMesh.Checkpoints;
using QwenMesh.Denoiser;
using QwenMesh.Denoiser.Latents;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Tensors;

namespace QwenMesh.Gpu.Bench.Parts;

/// <summary>
/// Steps of the service's denoising loop with guidance, text to image and edits of one and two references, on random weights of the released
/// shape. One prediction is written beside the results, so that a run in another type can say how far off it is.
/// </summary>
internal static class DenoiserPart
{
    private const int WarmUpSteps = 2;
    private const int TimedSteps = 8;
    private const int TimedEditSteps = 4; // They take two and three times as long.
    private const int MaxReferences = 2;
    private const int Rounds = 3;
    private const float Guidance = 4;
    private const float ComparedTime = 0.6f;
    private const int PixelsPerCell = 8;

    public static JsonObject Run(BenchOptions options)
    {
        var sizes = options.Tiny ? ModelSizes.Tiny : ModelSizes.Released;
        using var backend = options.OpenEngine();
        using var clock = new DeviceClock(backend);
        var source = new RandomWeights();
        var started = Stopwatch.GetTimestamp();
        using var denoiser = new LoadedDenoiser(new ImageTransformer(sizes.Transformer, Weights.From(source), backend), new SchedulerConfig(), backend);
        clock.Wait();
        var loading = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var result = new JsonObject
        {
            ["compute"] = options.Float8 ? "fp8" : options.ComputeType == DType.Float32 ? "f32" : "bf16",
            ["load_seconds"] = loading,
            ["load_bytes"] = source.Taken,
            ["weights_bytes_in_use"] = backend.Memory.InUse,
        };
        var steps = new JsonArray();
        foreach (var side in sizes.Sides)
        {
            steps.Add(Measure(denoiser, clock, Job(sizes, side, references: 0), side));
        }
        result["steps"] = steps;
        var edits = new JsonArray();
        for (var references = 1; references <= MaxReferences; references++)
        {
            edits.Add(Measure(denoiser, clock, Job(sizes, sizes.Sides[0], references), sizes.Sides[0]));
        }
        result["edits"] = edits;
        result["peak_bytes"] = backend.Memory.Peak;
        Compare(Predict(denoiser.Transformer, backend, sizes.Sides[0]), options, result);
        return result;
    }

    /// <summary>A picture with guidance; references have its size, and their rows are in both prompts.</summary>
    private static DenoiseJob Job(ModelSizes sizes, int side, int references)
    {
        var grid = Grid(sizes.Transformer, side);
        var rows = ModelSizes.TextTokens + (references * sizes.PictureSides[0] * sizes.PictureSides[0]);
        return new DenoiseJob
        {
            Grid = grid,
            Steps = WarmUpSteps + (references == 0 ? TimedSteps : TimedEditSteps),
            TrueCfgScale = Guidance,
            Prompt = Prompt(sizes.Transformer, rows, 1),
            NegativePrompt = Prompt(sizes.Transformer, rows, 2),
            References = [.. Enumerable.Range(0, references).Select(i => new ReferencePicture(grid, RandomActivations.Values(grid.Elements, 3 + i)))],
        };
    }

    private static JsonObject Measure(LoadedDenoiser denoiser, DeviceClock clock, DenoiseJob job, int side)
    {
        var (config, timed) = (denoiser.Transformer.Config, job.Steps - WarmUpSteps);
        var times = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            // From the end of the steps that warm up to the end of the last one; in between the device is never waited for.
            var started = 0L;
            denoiser.Run(job, CancellationToken.None, (step, _) =>
            {
                if (step == WarmUpSteps)
                {
                    clock.Wait();
                    started = Stopwatch.GetTimestamp();
                }
                else if (step == job.Steps)
                {
                    clock.Wait();
                    times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds / timed);
                }
            });
        }
        var milliseconds = times.Order().ElementAt(Rounds / 2);
        var flops = new TransformerFlops(config.Layers, config.Width, config.InChannels)
            .EditStep(job.Grid.Tokens, job.References.Sum(reference => reference.Grid.Tokens), job.Prompt.Tokens, job.NegativePrompt!.Tokens);
        return new JsonObject
        {
            ["side"] = side,
            ["references"] = job.References.Count,
            ["ms_per_step"] = milliseconds,
            ["ms_rounds"] = new JsonArray([.. times.Select(time => JsonValue.Create(time))]),
            ["tflop"] = flops / 1e12,
            ["tflop_s"] = flops / milliseconds / 1e9,
        };
    }

    private static float[] Predict(ImageTransformer transformer, TensorBackend backend, int side)
    {
        var grid = Grid(transformer.Config, side);
        using var scope = new TensorScope(backend);
        var tokens = scope.Random([grid.Tokens, grid.TokenChannels], DType.Float32, seed: 5);
        var velocity = scope.Empty(tokens.Shape, DType.Float32);
        using var run = transformer.Begin(grid, Prompt(transformer.Config, ModelSizes.TextTokens, 1));
        transformer.SetTime(run, ComparedTime);
        transformer.Predict(run, run.Prompts[0], tokens, velocity, CancellationToken.None);
        var values = new float[velocity.Shape.Count];
        backend.Read(velocity, values);
        return values;
    }

    private static void Compare(float[] velocity, BenchOptions options, JsonObject result)
    {
        result["velocity_finite"] = velocity.All(float.IsFinite);
        var reference = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(options.Out))!, "velocity-bf16.bin");
        if (!options.Float8)
        {
            File.WriteAllBytes(reference, MemoryMarshal.AsBytes<float>(velocity));
            return;
        }
        if (File.Exists(reference))
        {
            var expected = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(reference));
            double difference = 0, norm = 0;
            for (var i = 0; i < velocity.Length; i++)
            {
                difference += Math.Pow(velocity[i] - expected[i], 2);
                norm += Math.Pow(expected[i], 2);
            }
            result["error_against_bf16"] = Math.Sqrt(difference / norm);
        }
    }

    private static LatentGrid Grid(TransformerConfig config, int side) =>
        new(config.OutChannels, side / PixelsPerCell, side / PixelsPerCell, config.PatchSize);

    private static PromptEmbeds Prompt(TransformerConfig config, int rows, int seed) =>
        new(rows, RandomActivations.Values((long)rows * config.JointAttentionDim, seed));
}
