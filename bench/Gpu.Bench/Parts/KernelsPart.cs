using System.Text.Json.Nodes;
using QwenMesh.Tensors;

namespace QwenMesh.Gpu.Bench.Parts;

/// <summary>The engine's own kernels against the same operations in LibTorch's, at the sizes of a 1024×1024 picture.</summary>
internal static class KernelsPart
{
    public static JsonObject Run(BenchOptions options)
    {
        using var with = options.OpenEngine();
        using var without = options.OpenEngine(kernels: false);
        var (ours, twins) = (new Timings(with, options.Tiny), new Timings(without, options.Tiny));
        var rows = new JsonArray();
        foreach (var ((name, bytes, own), (_, _, twin)) in ours.All().Zip(twins.All()))
        {
            rows.Add(new JsonObject
            {
                ["operation"] = name,
                ["kernel_us"] = 1000 * own,
                ["twin_us"] = 1000 * twin,
                ["kernel_gb_s"] = bytes / own / 1e6,
            });
        }
        return new JsonObject { ["operations"] = rows };
    }

    private sealed class Timings(TensorBackend backend, bool tiny)
    {
        private readonly int _rows = tiny ? 64 : 4096 + ModelSizes.TextTokens;
        private readonly int _width = tiny ? 128 : 3072;
        private readonly int _heads = tiny ? 4 : 24;

        /// <summary>Name, bytes that have to be read and written, milliseconds.</summary>
        public IEnumerable<(string Name, double Bytes, double Milliseconds)> All()
        {
            using var clock = new DeviceClock(backend);
            using var scope = new TensorScope(backend);
            var size = backend.ComputeType.Size();
            double matrix = (double)_rows * _width * size;
            var (x, y) = (scope.Random([_rows, _width]), scope.Random([_rows, _width]));
            var (shift, scale) = (scope.Random([1, _width]), scope.Random([1, _width]));
            yield return ("LayerNormModulate", 2 * matrix, clock.PerCall(() => backend.LayerNormModulate(x, shift, scale, 1e-6f, y)));

            using var norm = Vector(_width / _heads);
            var angles = scope.Random([_rows, _width / _heads / 2], DType.Float32);
            yield return (
                "HeadNormRotary interleaved", 2 * matrix,
                clock.PerCall(() => backend.HeadNormRotary(y, _heads, norm, 1e-6f, angles, angles, RotaryLayout.Interleaved)));
            yield return (
                "HeadNormRotary half-split", 2 * matrix,
                clock.PerCall(() => backend.HeadNormRotary(y, _heads, null, 1e-6f, angles, angles, RotaryLayout.HalfSplit)));

            using var weight = Vector(_width);
            yield return ("RmsNorm", 2 * matrix, clock.PerCall(() => backend.RmsNorm(x, weight, 1e-6f, y)));
            yield return ("Add (residual)", 3 * matrix, clock.PerCall(() => backend.Add(y, x)));

            // A thin product carries the epilogues: their share is nearly all of its time.
            using var thin = Linear(_width, 16);
            using var wide = Linear(4 * _width, 16);
            var narrow = scope.Random([_rows, 16]);
            var inner = scope.Empty([_rows, 4 * _width]);
            yield return ("product without epilogue", 4 * matrix, clock.PerCall(() => backend.Linear(narrow, wide, inner)));
            yield return ("product, GELU", 12 * matrix, clock.PerCall(() => backend.Linear(narrow, wide, inner, Activation.GeluTanh)));
            yield return ("product, SwiGLU", 20 * matrix, clock.PerCall(() => backend.LinearSwiGlu(narrow, wide, wide, inner)));
            yield return ("product, gated residual", 4 * matrix, clock.PerCall(() => backend.LinearResidual(narrow, thin, scale, y)));

            var (pixels, channels) = (tiny ? 256 : 1328 * 1328, 96);
            var picture = scope.Empty([pixels, channels]);
            using var gamma = Vector(channels);
            yield return (
                "ChannelNorm, SiLU", 2.0 * pixels * channels * size, clock.PerCall(() => backend.ChannelNorm(picture, gamma, silu: true, picture)));

            var (tokens, velocity) = (scope.Random([_rows, 64], DType.Float32), scope.Random([_rows, 64], DType.Float32));
            yield return (
                "TrueGuidance and EulerStep", 6.0 * _rows * 64 * sizeof(float), clock.PerCall(() =>
                {
                    backend.TrueGuidance(velocity, tokens, 4, velocity);
                    backend.EulerStep(tokens, velocity, -1e-3f);
                }));
        }

        private Tensor Vector(int count) => backend.LoadVector(new RandomWeights().Take("norm.weight", [count]));

        private LinearWeight Linear(int outputs, int inputs) =>
            backend.LoadLinear(new RandomWeights().Take("weight", [outputs, inputs]), new RandomWeights().Take("bias", [outputs]));
    }
}
