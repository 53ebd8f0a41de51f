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
        // The card first: without one there is no use in half a gigabyte of libraries.
        var card = settings.Device.IsCuda ? CudaDevice.Open(settings.Device.Index) : null;
        try
        {
            if (card is { HasFloat8: false } && settings.Float8 is not null)
            {
                throw new TorchException($"{card.Name} has no float8 products (compute capability 8.9 or newer has); Fp8Linear cannot be on");
            }
            if (card is not null && settings.ComputeType == DType.Float32)
            {
                NativeEnvironment.FullFloat32();
            }
            var library = LibTorch.Load(settings.LibTorchPath, settings.Device.IsCuda, settings.Threads);
            var (aten, binding) = Bind(library, settings, new NativeFailures(settings.Device, () => card?.Memory()));
            return card is null
                ? new TorchBackend(aten, settings, new TwinOperations(aten), $"{binding}, {Threads(aten)}")
                : OnCard(library, aten, binding, card, settings);
        }
        catch
        {
            card?.Dispose();
            throw;
        }
    }

    /// <summary>The binding, and in words which it is and why it is not TorchSharp.</summary>
    private static (Aten Aten, string Text) Bind(LibTorch library, TorchSettings settings, NativeFailures failures)
    {
        var stable = new StableAten(library, settings.Device, failures);
        var reason = settings.Binding == TorchBinding.Stable ? "as configured" : TorchSharpRequirements.Missing(library.Version);
        if (reason is not null && settings.Binding == TorchBinding.TorchSharp)
        {
            throw new TorchException(reason);
        }
        var aten = reason is null ? new SharpAten(library, stable, failures).Load() : (Aten)stable;
        return (aten, $"LibTorch {library.Version} of {library.Folder} through {aten.Binding}{(reason is null ? "" : $" ({reason})")}");
    }

    private static TorchBackend OnCard(LibTorch library, Aten aten, string binding, CudaDevice card, TorchSettings settings)
    {
        var (modules, kernels) = settings.Kernels ? Kernels(library, card, settings) : (null, "LibTorch's kernels alone, as configured");
        var twins = new TwinOperations(aten);
        FusedOperations fused = modules is null ? twins : new KernelOperations(new KernelLauncher(modules, aten), twins);
        IEnumerable<IDisposable> owned = modules is null ? [card] : [modules, card];
        var attention = AttentionProbe.Choice(aten, settings.ComputeType);
        return new TorchBackend(
            aten, settings, fused, $"{card}, {binding}, {kernels}, attention by {attention}", card).Owning(owned);
    }

    /// <summary>The compiled kernels, none where there is no compiler, and which it is in words.</summary>
    private static (KernelModules? Modules, string Text) Kernels(LibTorch library, CudaDevice card, TorchSettings settings)
    {
        if (NvrtcLibrary.Find(library.Folder) is not { } path)
        {
            return (null, "LibTorch's kernels alone (NVRTC is not there)");
        }
        var compiler = Nvrtc.Load(path);
        var cache = new CubinCache(settings.KernelCache);
        var modules = KernelModules.Build(card, compiler, cache);
        var target = NvrtcTarget.For(card.ComputeCapability, compiler.Architectures).Option;
        return (modules, $"own kernels by NVRTC {compiler.Version} for {target}{(cache.Failure is { } reason ? $" (not kept: {reason})" : "")}");
    }

    private static string Threads(Aten aten) => string.Create(CultureInfo.InvariantCulture, $"{aten.Threads} threads");
}
