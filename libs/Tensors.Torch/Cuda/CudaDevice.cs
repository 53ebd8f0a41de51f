using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using QwenMesh.Tensors.Torch.Native;

namespace QwenMesh.Tensors.Torch.Cuda;

/// <summary>One card, through the driver, on the context that LibTorch uses too.</summary>
internal sealed unsafe class CudaDevice : IDisposable
{
    private const int OutOfMemory = 2;

    private readonly int _device;
    private readonly nint _context;
    private int _disposed;

    private CudaDevice(int index)
    {
        Index = index;
        Check(CudaDriver.Device(out _device, index), "cuDeviceGet");
        var name = stackalloc byte[256];
        Check(CudaDriver.DeviceName(name, 256, _device), "cuDeviceGetName");
        Name = Marshal.PtrToStringUTF8((nint)name)!;
        Check(CudaDriver.DeviceAttribute(out var major, CudaDriver.ComputeCapabilityMajor, _device), "cuDeviceGetAttribute");
        Check(CudaDriver.DeviceAttribute(out var minor, CudaDriver.ComputeCapabilityMinor, _device), "cuDeviceGetAttribute");
        ComputeCapability = (major * 10) + minor;
        Check(CudaDriver.RetainContext(out _context, _device), "cuDevicePrimaryCtxRetain");
    }

    public int Index { get; }

    public string Name { get; }

    /// <summary>major·10 + minor</summary>
    public int ComputeCapability { get; }

    /// <summary>Whether it multiplies float8 numbers.</summary>
    public bool HasFloat8 => ComputeCapability >= 89;

    /// <summary>Version of CUDA that the driver serves.</summary>
    public static Version DriverVersion()
    {
        Check(CudaDriver.DriverVersion(out var version), "cuDriverGetVersion");
        return new Version(version / 1000, version % 1000 / 10);
    }

    /// <summary>Cards that the process sees.</summary>
    /// <exception cref="TorchException">There is no driver, or it does not start.</exception>
    public static int Count()
    {
        try
        {
            Check(CudaDriver.Init(0), "cuInit");
            Check(CudaDriver.DeviceCount(out var count), "cuDeviceGetCount");
            return count;
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            throw new TorchException($"there is no NVIDIA driver here ({CudaDriver.File} does not load)", error);
        }
    }

    /// <exception cref="TorchException">There is no such card.</exception>
    public static CudaDevice Open(int index)
    {
        var count = Count();
        return index < count ? new CudaDevice(index) : throw new TorchException($"cuda:{index} is not there: the driver shows {count} cards");
    }

    public DeviceMemory Memory()
    {
        using var entered = Enter();
        Check(CudaDriver.MemoryInfo(out var free, out var total), "cuMemGetInfo");
        return new DeviceMemory((long)free, (long)total);
    }

    /// <summary>Makes the card's context this thread's until the result is disposed.</summary>
    public EnteredContext Enter()
    {
        Check(CudaDriver.PushContext(_context), "cuCtxPushCurrent");
        return new EnteredContext(_context);
    }

    public static void Check(int code, [CallerMemberName] string operation = "")
    {
        if (code == OutOfMemory)
        {
            throw new OutOfDeviceMemoryException("CUDA", $"{operation}: {CudaDriver.Text(code)}");
        }
        if (code != 0)
        {
            throw new TorchException($"{operation}: {CudaDriver.Text(code)}");
        }
    }

    public override string ToString()
    {
        var memory = Memory();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Name}, compute capability {ComputeCapability / 10}.{ComputeCapability % 10}, {memory.Free >> 20} of {memory.Total >> 20} MiB free");
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _ = CudaDriver.ReleaseContext(_device);
        }
    }

    /// <summary>A thread's stay in the context.</summary>
    internal readonly ref struct EnteredContext(nint context)
    {
        public void Dispose()
        {
            if (context != 0)
            {
                _ = CudaDriver.PopContext(out _);
            }
        }
    }
}
