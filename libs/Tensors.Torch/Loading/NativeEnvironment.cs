using System.Globalization;
using System.Runtime.InteropServices;

namespace QwenMesh.Tensors.Torch;

/// <summary>
/// Environment variables that native libraries read when they are loaded. .NET keeps a copy of its own, so they are set through the C
/// library; what the operator has set stays.
/// </summary>
internal static partial class NativeEnvironment
{
    /// <summary>
    /// Waiting OpenMP threads sleep: two that spin on cores shared with other work made LibTorch ten times slower. The number of threads
    /// is that of one operation, the caller's included.
    /// </summary>
    public static void BeforeLibTorch(int? threads)
    {
        Set("OMP_WAIT_POLICY", "PASSIVE");
        if (threads is { } count)
        {
            var text = count.ToString(CultureInfo.InvariantCulture);
            Set("OMP_NUM_THREADS", text);
            Set("MKL_NUM_THREADS", text);
        }
    }

    /// <summary>cuBLAS and cuDNN compute Float32 with all its bits; by itself LibTorch lets cuDNN's convolutions drop 13 of them.</summary>
    public static void FullFloat32() => Set("NVIDIA_TF32_OVERRIDE", "0");

    public static string? Get(string name) => Marshal.PtrToStringUTF8(GetVariable(name));

    private static void Set(string name, string value)
    {
        if (SetVariable(name, value, overwrite: 0) != 0)
        {
            throw new TorchException($"could not set {name} (error {Marshal.GetLastPInvokeError()})");
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetVariable(string name);
}
