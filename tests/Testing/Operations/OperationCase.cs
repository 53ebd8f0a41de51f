using QwenMesh.Tensors;
using QwenMesh.Tensors.Cpu;

namespace QwenMesh.Testing.Operations;

/// <summary>
/// An engine's operation on fixed data. Every engine runs the same cases and is compared with the managed engine's plain loops in Float32,
/// which get the same elements.
/// </summary>
/// <param name="Name">Operation, sizes, types; unique.</param>
/// <param name="Run">Runs it and gives the elements that it wrote.</param>
public sealed record OperationCase(string Name, Func<OperationRun, float[]> Run)
{
    /// <summary>‖a − b‖/‖b‖ allowed to an engine that computes in Float32.</summary>
    public double Float32Tolerance { get; init; } = 2e-6;

    /// <summary>The same for BFloat16 activations: a result of 8 bits is off by half a unit at most, 3.9e-3; intermediate ones add to it.</summary>
    public double BFloat16Tolerance { get; init; } = 3.95e-3;

    public static IReadOnlyList<OperationCase> All { get; } =
        [.. LinearCases.All, .. AttentionCases.All, .. NormCases.All, .. PictureCases.All, .. ElementwiseCases.All];

    public static OperationCase Find(string name) => All.Single(candidate => candidate.Name == name);

    /// <summary>What the case's result has to be near: computed by plain loops.</summary>
    /// <param name="coarse">Whether the data are numbers that BFloat16 has.</param>
    public float[] Expected(bool coarse)
    {
        using var reference = new CpuBackend(new CpuOptions { Scalar = true, Threads = 2 });
        return RunOn(reference, coarse);
    }

    /// <summary>Runs it on an engine; nothing may be left alive there.</summary>
    public float[] RunOn(TensorBackend backend, bool coarse)
    {
        float[] result;
        using (var run = new OperationRun(backend, coarse))
        {
            result = Run(run);
        }
        Xunit.Assert.Equal(0, backend.LiveTensors);
        return result;
    }

    public override string ToString() => Name;
}
