using QwenMesh.Tensors.Torch.Native;

namespace QwenMesh.Tensors.Torch.Cuda;

/// <summary>Kernels go where LibTorch's own go: the current stream of the calling thread.</summary>
internal sealed class KernelLauncher(KernelModules modules, Aten aten) : IKernelLauncher
{
    public void Launch(string name, long blocks, int threads, params ReadOnlySpan<long> arguments) =>
        modules.Launch(name, blocks, threads, aten.Stream, arguments);
}
