using QwenMesh.Tensors.Torch;
using QwenMesh.Tensors.Torch.Tests;

namespace QwenMesh.Tensors.Tests.Shared;

/// <summary>The engine that the shared tests run on: here the Torch engine on the CPU, with whichever binding fits.</summary>
internal static class EngineUnderTest
{
    public static TensorBackend Open() => TorchEngines.Open(TorchBinding.Auto);
}
