namespace QwenMesh.Tensors;

/// <summary>The device has no room for a tensor. What was allocated before is as it was, and the engine works on.</summary>
/// <param name="device">The engine's device.</param>
/// <param name="detail">What was asked for and what is free, in the words of the engine.</param>
/// <param name="innerException">The engine's own exception.</param>
public sealed class OutOfDeviceMemoryException(string device, string detail, Exception? innerException = null)
    : Exception($"{device} is out of memory: {detail}", innerException)
{
    /// <summary>The engine's device.</summary>
    public string Device { get; } = device;
}
