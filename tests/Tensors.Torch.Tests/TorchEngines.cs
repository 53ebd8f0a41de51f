using QwenMesh.Tensors.Torch.Cuda;

namespace QwenMesh.Tensors.Torch.Tests;

/// <summary>Engines under test. What this machine or build lacks skips the test, with the reason.</summary>
internal static class TorchEngines
{
    /// <summary>A folder with LibTorch in place of the one that was built in.</summary>
    public static string? LibTorchPath => Environment.GetEnvironmentVariable("Engine__Settings__LibraryPath");

    public static TorchBackend Open(TorchBinding binding, DType computeType = DType.Float32, bool cuda = false, bool kernels = true, Float8Layers? float8 = null)
    {
        var library = Loaded();
        if (binding == TorchBinding.TorchSharp && TorchSharpRequirements.Missing(library.Version) is { } reason)
        {
            Assert.Skip(reason);
        }
        if (cuda)
        {
            RequireCard();
        }
        return TorchBackends.Open(new TorchSettings
        {
            Device = cuda ? TorchDevice.Cuda(0) : TorchDevice.Cpu,
            Binding = binding,
            ComputeType = computeType,
            Threads = 2,
            LibTorchPath = LibTorchPath,
            Kernels = kernels,
            Float8 = float8,
        });
    }

    /// <summary>Settings with the folder in use.</summary>
    public static Dictionary<string, string> Settings(params (string Key, string Value)[] more)
    {
        var settings = more.ToDictionary(setting => setting.Key, setting => setting.Value);
        if (LibTorchPath is not null)
        {
            settings["LibraryPath"] = LibTorchPath;
        }
        return settings;
    }

    public static LibTorch Loaded()
    {
        Assert.SkipWhen(
            LibTorchPath is null && LibTorchFolder.BesideTheProgram("libtorch_cpu.so") is null,
            "built without LibTorch (-p:Torch=cpu), and Engine__Settings__LibraryPath names none");
        return LibTorch.Load(LibTorchPath, cuda: false, threads: 2);
    }

    public static void RequireCard()
    {
        try
        {
            Assert.SkipWhen(CudaDevice.Count() == 0, "the driver shows no card");
        }
        catch (TorchException error)
        {
            Assert.Skip(error.Message);
        }
    }
}
