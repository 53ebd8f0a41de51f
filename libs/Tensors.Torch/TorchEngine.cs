namespace QwenMesh.Tensors.Torch;

/// <summary>Devices "torch:cpu", "cuda" and "cuda:N".</summary>
public sealed class TorchEngine : ITensorEngine
{
    public bool Serves(string device) => TorchDevice.TryParse(device, out _);

    public TensorBackend Open(EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            return TorchBackends.Open(TorchSettings.Of(options));
        }
        catch (TorchException error)
        {
            throw new EngineUnavailableException(error.Message, error);
        }
    }

    public IReadOnlyList<EngineFinding> Examine(EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return TorchExamination.Run(options);
    }
}
