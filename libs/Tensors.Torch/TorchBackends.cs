using System.Globalization;
using QwenMesh.Tensors.Torch.Cuda;
using QwenMesh.Tensors.Torch.Native;

namespace QwenMesh.Tensors.Torch;

/// <summary>Puts an engine together: libraries, card, binding, kernels.</summary>
internal static class TorchBackends
{
    /// <exception cref="TorchException">Something that it needs is not there; the message says what.</exception>
    public static TorchBackend Open(TorchSettings settings)
    {
        if (settings.ComputeType is not (DType.Float32 or DType.BFloat16))
        {
            throw new TorchException($"the Torch engine computes in {DType.Float32} or {DType.BFloat16}, not in {settings.ComputeType}");
        }
        // The card first: without one there is no use in half a gigabyte of libraries.
        var device = settings.Device.IsCuda ? CudaDevice.Open(settings.Device.Index) : null;
        try
        {
            if (device is not null && settings.ComputeType == DType.Float32)
            {
                NativeEnvironment.FullFloat32();
            }
            var library = LibTorch.Load(settings.LibraryPath, settings.Device.IsCuda, settings.Threads);
            var aten = Bind(library, settings, new NativeFailures(settings.Device, () => device?.Memory()));
            return device is null ? new TorchBackend(aten, settings.ComputeType, log: settings.Log) : OnCard(library, aten, device, settings);
        }
        catch
        {
            device?.Dispose();
            throw;
        }
    }

    private static Aten Bind(LibTorch library, TorchSettings settings, NativeFailures failures)
    {
        var stable = new StableAten(library, settings.Device, failures);
        var reason = settings.Binding == TorchBinding.Stable ? "as configured" : TorchSharpRequirements.Missing(library.Version);
        if (reason is not null && settings.Binding == TorchBinding.TorchSharp)
        {
            throw new TorchException(reason);
        }
        var aten = reason is null ? new SharpAten(library, stable, failures).Load() : (Aten)stable;
        settings.Log(string.Create(
            CultureInfo.InvariantCulture,
            $"LibTorch {library.Version} of {library.Folder} through {aten.Binding}{(reason is null ? "" : $" ({reason})")}, {aten.Threads} threads"));
        return aten;
    }

    private static TorchBackend OnCard(LibTorch library, Aten aten, CudaDevice device, TorchSettings settings)
    {
        var memory = device.Memory();
        settings.Log(string.Create(
            CultureInfo.InvariantCulture,
            $"{settings.Device}: {device.Name}, compute capability {device.ComputeCapability / 10}.{device.ComputeCapability % 10}, "
            + $"{memory.Free >> 20} of {memory.Total >> 20} MiB free, driver for CUDA {CudaDevice.DriverVersion()}"));
        var modules = settings.Kernels ? Kernels(library, device, settings) : null;
        var twins = new TwinOperations(aten);
        FusedOperations fused = modules is null ? twins : new KernelOperations(new KernelLauncher(modules, aten), twins);
        IEnumerable<IDisposable> owned = modules is null ? [device] : [modules, device];
        return new TorchBackend(aten, settings.ComputeType, fused, settings.Log).Owning(owned);
    }

    /// <summary>The compiled kernels; null, with the reason logged, where there is no compiler.</summary>
    private static KernelModules? Kernels(LibTorch library, CudaDevice device, TorchSettings settings)
    {
        if (NvrtcLibrary.Find(library.Folder) is not { } path)
        {
            settings.Log("NVRTC is not there; LibTorch's own kernels are used alone");
            return null;
        }
        var compiler = Nvrtc.Load(path);
        var modules = KernelModules.Build(device, compiler, new CubinCache(settings.KernelCache ?? CubinCache.DefaultFolder, settings.Log));
        settings.Log($"kernels compiled by NVRTC {compiler.Version} for {NvrtcTarget.For(device.ComputeCapability, compiler.Architectures).Option}");
        return modules;
    }
}
