namespace QwenMesh.Tensors;

/// <summary>An engine that can be opened by the name of a device. Implementations have a constructor without parameters.</summary>
public interface ITensorEngine
{
    /// <summary>Whether the engine is the one for this device, available or not.</summary>
    bool Serves(string device);

    /// <summary>Opens the device.</summary>
    /// <exception cref="EngineUnavailableException">The device, its driver or a library is missing, or does not fit; the message says what to do.</exception>
    TensorBackend Open(EngineOptions options);

    /// <summary>
    /// What the engine finds on this machine: libraries and their versions, driver, devices, memory, element types, and what is missing. Never throws.
    /// </summary>
    IReadOnlyList<EngineFinding> Examine(EngineOptions options);
}
