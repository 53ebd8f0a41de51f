namespace QwenMesh.Tensors.Torch;

/// <summary>What a <see cref="TorchBackend"/> is opened with.</summary>
internal sealed record TorchSettings
{
    public TorchDevice Device { get; init; } = TorchDevice.Cpu;

    /// <summary>Type of activations: Float32 or BFloat16.</summary>
    public DType ComputeType { get; init; } = DType.Float32;

    /// <summary>Threads of one operation on the CPU; null leaves it to LibTorch.</summary>
    public int? Threads { get; init; }

    /// <summary>Folder of LibTorch; null looks beside the program.</summary>
    public string? LibraryPath { get; init; }

    public TorchBinding Binding { get; init; } = TorchBinding.Auto;

    /// <summary>Whether the engine's own CUDA kernels are used.</summary>
    public bool Kernels { get; init; } = true;

    /// <summary>Folder of compiled kernels; null takes the user's cache.</summary>
    public string? KernelCache { get; init; }

    /// <summary>Receives what an operator should know: the binding, kernels, attention's choice.</summary>
    public Action<string> Log { get; init; } = _ => { };
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
