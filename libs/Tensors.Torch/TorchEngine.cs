namespace QwenMesh.Tensors.Torch;

/// <summary>Devices "torch:cpu", "cuda" and "cuda:N".</summary>
public sealed class TorchEngine : ITensorEngine
{
    public bool Serves(string device) => TorchDevice.TryParse(device, out _);

    /// <exception cref="TorchException">LibTorch or the card is not there or does not fit; the message says what is missing.</exception>
    public TensorBackend Open(EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!TorchDevice.TryParse(options.Device, out var device))
        {
            throw new ArgumentException($"the Torch engine does not know the device {options.Device}", nameof(options));
        }
        return TorchBackends.Open(new TorchSettings
        {
            Device = device,
            // Released weights are BFloat16; the CPU gains nothing by computing in it.
            ComputeType = options.ComputeType ?? (device.IsCuda ? DType.BFloat16 : DType.Float32),
            Threads = options.Threads,
            LibraryPath = options.TorchLibraryPath,
        });
    }
}
