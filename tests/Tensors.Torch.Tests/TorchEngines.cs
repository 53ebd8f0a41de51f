using QwenMesh.Tensors.Torch.Native;

namespace QwenMesh.Tensors.Torch.Tests;

/// <summary>Engines under test; tests of what this machine lacks are skipped with the reason.</summary>
internal static class TorchEngines
{
    public static TorchBackend Stable(DType computeType = DType.Float32) => new(StableAten(), computeType);

    public static StableAten StableAten()
    {
        var library = Library();
        return new StableAten(library, TorchDevice.Cpu, new NativeFailures(TorchDevice.Cpu, () => null));
    }

    public static LibTorch Library()
    {
        try
        {
            return LibTorch.Load(Environment.GetEnvironmentVariable("Torch__LibraryPath"), cuda: false, threads: 2);
        }
        catch (TorchException error) when (error.Message.Contains("beside the program", StringComparison.Ordinal))
        {
            Assert.Skip("built without LibTorch: " + error.Message);
            throw;
        }
    }
}
