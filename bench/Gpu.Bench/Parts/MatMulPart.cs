using System.Text.Json.Nodes;
using QwenMesh.Tensors;

namespace QwenMesh.Gpu.Bench.Parts;

/// <summary>The rate of large square products through the engine: what the denoiser's rate is a share of.</summary>
internal static class MatMulPart
{
    public static JsonObject Run(BenchOptions options)
    {
        var size = options.Tiny ? 256 : 8192;
        using var backend = options.OpenEngine();
        using var clock = new DeviceClock(backend);
        using var scope = new TensorScope(backend);
        using var matrix = backend.LoadLinear(new RandomWeights().Take("weight", [size, size]), null);
        var (x, into) = (scope.Random([size, size]), scope.Empty([size, size]));
        var milliseconds = clock.PerCall(() => backend.Linear(x, matrix, into), roundMilliseconds: options.Tiny ? 5 : 200);
        return new JsonObject { ["size"] = size, ["ms"] = milliseconds, ["tflop_s"] = 2.0 * size * size * size / milliseconds / 1e9 };
    }
}
