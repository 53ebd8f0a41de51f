using System.Text.Json.Nodes;
using QwenMesh.Tensors;
using QwenMesh.Testing;
using QwenMesh.Testing.Operations;

namespace QwenMesh.Gpu.Bench.Parts;

/// <summary>The table of operations that every engine is tested with, on this device: Float32 and BFloat16, with the engine's own kernels and without.</summary>
internal static class OperationsPart
{
    public static JsonObject Run(BenchOptions options)
    {
        var failures = new JsonArray();
        var passed = 0;
        foreach (var coarse in new[] { false, true })
        {
            var type = coarse ? DType.BFloat16 : DType.Float32;
            using var with = options.OpenEngine(type);
            using var without = options.OpenEngine(type, kernels: false);
            foreach (var operation in OperationCase.All)
            {
                var expected = operation.Expected(coarse);
                var tolerance = coarse ? operation.BFloat16Tolerance : operation.Float32Tolerance;
                foreach (var (engine, kind) in new[] { (with, "kernels"), (without, "twins") })
                {
                    try
                    {
                        TensorAssert.Near(expected, operation.RunOn(engine, coarse), tolerance, operation.Name);
                        passed++;
                    }
                    catch (Exception error) when (error is not OutOfMemoryException)
                    {
                        failures.Add($"{type}, {kind}: {operation.Name}: {error.Message.ReplaceLineEndings(" ")}");
                    }
                }
            }
        }
        return new JsonObject { ["ok"] = failures.Count == 0, ["passed"] = passed, ["failed"] = failures.Count, ["failures"] = failures };
    }
}
