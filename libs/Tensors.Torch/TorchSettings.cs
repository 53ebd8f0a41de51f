using QwenMesh.Tensors.Torch.Cuda;

namespace QwenMesh.Tensors.Torch;

/// <summary>What a <see cref="TorchBackend"/> is opened with.</summary>
internal sealed record TorchSettings
{
    public TorchDevice Device { get; init; } = TorchDevice.Cpu;

    /// <summary>Type of activations: Float32 or BFloat16.</summary>
    public DType ComputeType { get; init; } = DType.Float32;

    /// <summary>Threads of one operation on the CPU; null leaves it to LibTorch. The first engine's choice holds for the process.</summary>
    public int? Threads { get; init; }

    /// <summary>Folder of LibTorch; null looks beside the program.</summary>
    public string? LibTorchPath { get; init; }

    public TorchBinding Binding { get; init; } = TorchBinding.Auto;

    /// <summary>Whether the engine's own CUDA kernels are used.</summary>
    public bool Kernels { get; init; } = true;

    /// <summary>Layers that multiply in float8; null when none do.</summary>
    public Float8Layers? Float8 { get; init; }

    /// <summary>Folder of compiled kernels.</summary>
    public string KernelCache { get; init; } = CubinCache.DefaultFolder;

    /// <summary>Reads an engine's options. Unknown settings and values are refused: a typing error must not choose silently.</summary>
    /// <exception cref="TorchException">A setting is not known, or has a value that is not.</exception>
    public static TorchSettings Of(EngineOptions options)
    {
        if (!TorchDevice.TryParse(options.Device, out var device))
        {
            throw new TorchException($"the Torch engine has no device '{options.Device}'; it has torch:cpu, cuda and cuda:N");
        }
        var settings = new TorchSettings
        {
            Device = device,
            // Released weights are BFloat16; the CPU gains nothing by computing in it.
            ComputeType = options.ComputeType ?? (device.IsCuda ? DType.BFloat16 : DType.Float32),
            Threads = options.Threads,
        };
        if (settings.ComputeType is not (DType.Float32 or DType.BFloat16))
        {
            throw new TorchException($"the Torch engine computes in Float32 or BFloat16, not in {settings.ComputeType}");
        }
        foreach (var (key, value) in options.Settings)
        {
            settings = settings.With(key, value);
        }
        if (settings.Float8 is not null && settings.ComputeType != DType.BFloat16)
        {
            throw new TorchException($"Fp8Linear goes with activations in BFloat16, not in {settings.ComputeType}");
        }
        return settings;
    }

    private TorchSettings With(string key, string value) => key.ToUpperInvariant() switch
    {
        "LIBRARYPATH" => this with { LibTorchPath = value },
        "BINDING" => this with
        {
            Binding = value.ToUpperInvariant() switch
            {
                "AUTO" => TorchBinding.Auto,
                "TORCHSHARP" => TorchBinding.TorchSharp,
                "STABLE" => TorchBinding.Stable,
                _ => throw Unknown(key, value, "auto, torchsharp or stable"),
            },
        },
        "KERNELS" => this with { Kernels = Switch(key, value) },
        "FP8LINEAR" => this with { Float8 = Switch(key, value) ? Float8 ?? Float8Layers.Default : null },
        "FP8LAYERS" => this with { Float8 = Float8Layers.Parse(value) },
        "KERNELCACHE" => this with { KernelCache = value },
        _ => throw new TorchException($"the Torch engine has no setting '{key}'; it has LibraryPath, Binding, Kernels, KernelCache, Fp8Linear and Fp8Layers"),
    };

    private static bool Switch(string key, string value) => value.ToUpperInvariant() switch
    {
        "ON" or "TRUE" => true,
        "OFF" or "FALSE" => false,
        _ => throw Unknown(key, value, "on or off"),
    };

    private static TorchException Unknown(string key, string value, string known) => new($"{key} is '{value}'; {known} are allowed");
}

/// <summary>How LibTorch is called.</summary>
internal enum TorchBinding
{
    /// <summary>TorchSharp where LibTorch and the C++ library fit it, otherwise the stable interface.</summary>
    Auto,

    /// <summary>TorchSharp's native library.</summary>
    TorchSharp,

    /// <summary>LibTorch's stable C interface.</summary>
    Stable,
}
