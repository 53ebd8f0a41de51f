using System.Globalization;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu;

/// <summary>Device "cpu".</summary>
internal sealed class CpuEngine : ITensorEngine
{
    private const string PackedWeightBytes = "PackedWeightBytes";

    public bool Serves(string device) => string.Equals(device, "cpu", StringComparison.OrdinalIgnoreCase);

    public TensorBackend Open(EngineOptions options)
    {
        if (options.ComputeType is { } type and not DType.Float32)
        {
            throw new EngineUnavailableException($"the cpu engine computes in Float32, not in {type}");
        }
        if (options.Settings.Keys.FirstOrDefault(key => !key.Equals(PackedWeightBytes, StringComparison.OrdinalIgnoreCase)) is { } unknown)
        {
            throw new EngineUnavailableException($"the cpu engine has no setting '{unknown}'; it has {PackedWeightBytes}");
        }
        var cpu = new CpuOptions { Threads = options.Threads };
        if (options.Settings.FirstOrDefault() is { Value: { } text })
        {
            cpu = cpu with
            {
                PackedWeightBytes = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
                    ? bytes
                    : throw new EngineUnavailableException($"{PackedWeightBytes} is '{text}', not a number of bytes"),
            };
        }
        return new CpuBackend(cpu);
    }

    public IReadOnlyList<EngineFinding> Examine(EngineOptions options) =>
    [
        new("engine", "managed, built in"),
        new("vectors", SimdLevels.Detected.ToString()),
        new("processors", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)),
        new("memory", string.Create(CultureInfo.InvariantCulture, $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1073741824.0:0.0} GiB for this process")),
        new("types", "activations f32; weights f32, f16, bf16"),
    ];
}
