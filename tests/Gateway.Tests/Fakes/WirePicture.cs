using QwenMesh.TensorWire;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>A picture as a stage got it.</summary>
/// <param name="First">The red of its first pixel, which tells pictures apart.</param>
internal sealed record WirePicture(int Width, int Height, byte First)
{
    /// <param name="tensor">[height, width, 3] UINT8.</param>
    public static WirePicture Of(WireTensor tensor) => new((int)tensor.Shape[1], (int)tensor.Shape[0], tensor.Bytes.Span[0]);
}
