using System.Collections.Concurrent;
using System.ComponentModel;
using System.Runtime.InteropServices;
using QwenMesh.Tensors.Torch.Cuda;

namespace QwenMesh.Tensors.Torch.Tests.HostKernels;

/// <summary>
/// Runs the kernels on the host, on tensors in its memory, with the blocks, threads and arguments that a card would get. Needs g++; without
/// it tests are skipped.
/// </summary>
internal sealed unsafe class HostKernelLauncher : IKernelLauncher
{
    private static readonly Lazy<nint> Library = new(HostCompiler.Compile);

    // Threads of a block take turns on one.
    private static readonly Lock Running = new();

    private readonly ConcurrentDictionary<string, int> _launches = new(StringComparer.Ordinal);

    /// <summary>Kernels that were launched, and how often.</summary>
    public IReadOnlyDictionary<string, int> Launches => _launches;

    public static HostKernelLauncher OrSkip()
    {
        try
        {
            _ = Library.Value;
        }
        catch (Win32Exception error)
        {
            Assert.Skip($"g++, which compiles the kernels for the host, does not start: {error.Message}");
        }
        return new HostKernelLauncher();
    }

    public void Launch(string name, long blocks, int threads, params ReadOnlySpan<long> arguments)
    {
        var kernel = (delegate* unmanaged[Cdecl]<uint, uint, void**, void>)NativeLibrary.GetExport(Library.Value, "run_" + name);
        var addresses = stackalloc void*[arguments.Length];
        fixed (long* values = arguments)
        {
            for (var i = 0; i < arguments.Length; i++)
            {
                addresses[i] = values + i;
            }
            lock (Running)
            {
                kernel(checked((uint)blocks), (uint)threads, addresses);
            }
        }
        _launches.AddOrUpdate(name, 1, (_, count) => count + 1);
    }
}
