using System.Globalization;
using QwenMesh.Tensors;

namespace QwenMesh.Gpu.Bench;

/// <summary>The command line: a part's name, then options.</summary>
internal sealed record BenchOptions
{
    public required string Part { get; init; }

    public string Device { get; init; } = "cuda";

    /// <summary>Folder of LibTorch; null leaves it to the engine.</summary>
    public string? LibTorchPath { get; init; }

    public DType ComputeType { get; init; } = DType.BFloat16;

    /// <summary>Large linear layers in float8.</summary>
    public bool Float8 { get; init; }

    /// <summary>Small sizes, to see that everything runs.</summary>
    public bool Tiny { get; init; }

    /// <summary>Where the part's results go; of "report", the folder that has them.</summary>
    public required string Out { get; init; }

    /// <summary>TorchSharp's native library.</summary>
    public string? TorchSharp { get; init; }

    /// <exception cref="UsageException">An option is unknown or has no value.</exception>
    public static BenchOptions Parse(ReadOnlySpan<string> args)
    {
        if (args.Length == 0)
        {
            throw new UsageException("no part is named");
        }
        var options = new BenchOptions { Part = args[0], Out = "" };
        for (var i = 1; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--fp8" => options with { Float8 = true },
                "--tiny" => options with { Tiny = true },
                "--device" => options with { Device = Value(args, ref i) },
                "--library" => options with { LibTorchPath = Value(args, ref i) },
                "--compute" => options with { ComputeType = TypeOf(Value(args, ref i)) },
                "--torchsharp" => options with { TorchSharp = Value(args, ref i) },
                "--out" => options with { Out = Value(args, ref i) },
                var other => throw new UsageException($"unknown option {other}"),
            };
        }
        return options.Out.Length > 0 ? options : throw new UsageException("--out is missing");
    }

    /// <summary>The engine that these options ask for.</summary>
    /// <param name="computeType">In place of the option's.</param>
    /// <param name="kernels">Whether the engine's own kernels are used where it has any.</param>
    public TensorBackend OpenEngine(DType? computeType = null, bool kernels = true)
    {
        // The stable interface in every run: it is what works with any PyTorch's LibTorch.
        var settings = new Dictionary<string, string> { ["Binding"] = "stable", ["Kernels"] = kernels ? "on" : "off" };
        if (LibTorchPath is not null)
        {
            settings["LibraryPath"] = LibTorchPath;
        }
        if (Float8)
        {
            settings["Fp8Linear"] = "on";
        }
        return TensorEngines.Open(new EngineOptions { Device = Device, ComputeType = computeType ?? ComputeType, Settings = settings });
    }

    private static string Value(ReadOnlySpan<string> args, ref int i) =>
        ++i < args.Length ? args[i] : throw new UsageException($"{args[i - 1]} needs a value");

    private static DType TypeOf(string text) => text.ToLower(CultureInfo.InvariantCulture) switch
    {
        "bf16" => DType.BFloat16,
        "f32" => DType.Float32,
        _ => throw new UsageException($"--compute takes bf16 or f32, not {text}"),
    };
}
