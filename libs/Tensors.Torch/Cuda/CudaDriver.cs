using System.Runtime.InteropServices;

namespace QwenMesh.Tensors.Torch.Cuda;

/// <summary>The CUDA driver's interface, as far as it is used. Every function gives 0 for success.</summary>
internal static unsafe partial class CudaDriver
{
    public const string File = "libcuda.so.1";

    public const int ComputeCapabilityMajor = 75;
    public const int ComputeCapabilityMinor = 76;
    public const int Multiprocessors = 16;

    /// <summary>Events that a thread sleeps for, and that take no time stamps.</summary>
    public const uint BlockingSyncWithoutTiming = 1 | 2;

    [LibraryImport(File, EntryPoint = "cuInit")]
    public static partial int Init(uint flags);

    [LibraryImport(File, EntryPoint = "cuDriverGetVersion")]
    public static partial int DriverVersion(out int version);

    [LibraryImport(File, EntryPoint = "cuDeviceGetCount")]
    public static partial int DeviceCount(out int count);

    [LibraryImport(File, EntryPoint = "cuDeviceGet")]
    public static partial int Device(out int device, int index);

    [LibraryImport(File, EntryPoint = "cuDeviceGetName")]
    public static partial int DeviceName(byte* name, int length, int device);

    [LibraryImport(File, EntryPoint = "cuDeviceGetAttribute")]
    public static partial int DeviceAttribute(out int value, int attribute, int device);

    [LibraryImport(File, EntryPoint = "cuDevicePrimaryCtxRetain")]
    public static partial int RetainContext(out nint context, int device);

    [LibraryImport(File, EntryPoint = "cuDevicePrimaryCtxRelease_v2")]
    public static partial int ReleaseContext(int device);

    [LibraryImport(File, EntryPoint = "cuCtxPushCurrent_v2")]
    public static partial int PushContext(nint context);

    [LibraryImport(File, EntryPoint = "cuCtxPopCurrent_v2")]
    public static partial int PopContext(out nint context);

    [LibraryImport(File, EntryPoint = "cuMemGetInfo_v2")]
    public static partial int MemoryInfo(out nuint free, out nuint total);

    [LibraryImport(File, EntryPoint = "cuModuleLoadData")]
    public static partial int LoadModule(out nint module, byte* image);

    [LibraryImport(File, EntryPoint = "cuModuleUnload")]
    public static partial int UnloadModule(nint module);

    [LibraryImport(File, EntryPoint = "cuModuleGetFunction", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Function(out nint function, nint module, string name);

    [LibraryImport(File, EntryPoint = "cuLaunchKernel")]
    public static partial int Launch(
        nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ, uint sharedBytes, nint stream, void** arguments,
        void** extra);

    [LibraryImport(File, EntryPoint = "cuEventCreate")]
    public static partial int CreateEvent(out nint created, uint flags);

    [LibraryImport(File, EntryPoint = "cuEventRecord")]
    public static partial int RecordEvent(nint recorded, nint stream);

    [LibraryImport(File, EntryPoint = "cuEventSynchronize")]
    public static partial int WaitForEvent(nint awaited);

    [LibraryImport(File, EntryPoint = "cuEventDestroy_v2")]
    public static partial int DestroyEvent(nint destroyed);

    [LibraryImport(File, EntryPoint = "cuStreamSynchronize")]
    public static partial int WaitForStream(nint stream);

    [LibraryImport(File, EntryPoint = "cuGetErrorString")]
    private static partial int ErrorString(int code, out nint text);

    public static string Text(int code) =>
        ErrorString(code, out var text) == 0 ? $"{Marshal.PtrToStringUTF8(text)} (CUDA error {code})" : $"CUDA error {code}";
}
