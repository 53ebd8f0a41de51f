using System.Collections.Concurrent;

namespace QwenMesh.Tensors.Torch.Cuda;

/// <summary>The compiled kernels on a card.</summary>
internal sealed unsafe class KernelModules : IDisposable
{
    private readonly CudaDevice _device;
    private readonly List<nint> _modules = [];
    private readonly ConcurrentDictionary<string, nint> _functions = new(StringComparer.Ordinal);

    /// <exception cref="TorchException">A module does not load.</exception>
    public KernelModules(CudaDevice device, IEnumerable<byte[]> images)
    {
        _device = device;
        using var entered = device.Enter();
        foreach (var image in images)
        {
            fixed (byte* data = image)
            {
                CudaDevice.Check(CudaDriver.LoadModule(out var module, data), "cuModuleLoadData");
                _modules.Add(module);
            }
        }
    }

    /// <summary>Compiles all sources for the card, or takes them from the cache.</summary>
    public static KernelModules Build(CudaDevice device, Nvrtc compiler, CubinCache cache)
    {
        var target = NvrtcTarget.For(device.ComputeCapability, compiler.Architectures);
        var images = new List<byte[]>();
        foreach (var name in KernelSources.Names)
        {
            var source = KernelSources.Read(name);
            images.Add(cache.GetOrCompile(CubinCache.Key(name, source, target, compiler.Version), () => compiler.Compile(name, source, target)));
        }
        return new KernelModules(device, images);
    }

    /// <summary>Queues a kernel on a stream. Arguments: addresses and integers as they are, floats by <see cref="Number"/>; 8 bytes each.</summary>
    public void Launch(string name, long blocks, int threads, nint stream, params ReadOnlySpan<long> arguments)
    {
        var function = _functions.GetOrAdd(name, Find);
        var addresses = stackalloc void*[16];
        using var entered = _device.Enter();
        fixed (long* values = arguments)
        {
            for (var i = 0; i < arguments.Length; i++)
            {
                addresses[i] = values + i; // Little-endian: a kernel that wants 4 bytes reads the lower ones.
            }
            CudaDevice.Check(CudaDriver.Launch(function, checked((uint)blocks), 1, 1, (uint)threads, 1, 1, 0, stream, addresses, null), name);
        }
    }

    public static long Number(float value) => BitConverter.SingleToUInt32Bits(value);

    public void Dispose()
    {
        using var entered = _device.Enter();
        _modules.ForEach(module => _ = CudaDriver.UnloadModule(module));
        _modules.Clear();
    }

    private nint Find(string name)
    {
        using var entered = _device.Enter();
        foreach (var module in _modules)
        {
            if (CudaDriver.Function(out var function, module, name) == 0)
            {
                return function;
            }
        }
        throw new InvalidOperationException($"no kernel is called {name}");
    }
}
