using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace QwenMesh.Gateway.Files;

/// <summary>Writes what a directory lists to the disk: a file that was renamed into it is there after a power failure only when that is done (Linux).</summary>
internal static partial class DirectorySync
{
    // O_CLOEXEC: programs that are started inherit nothing.
    private const int ReadOnly = 0x80000;
    private const int NoEntry = 2;

    /// <exception cref="DirectoryNotFoundException">There is none.</exception>
    /// <exception cref="IOException">It could not be done.</exception>
    public static void Flush(string directory)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }
        var descriptor = Open(directory, ReadOnly);
        if (descriptor < 0)
        {
            var reason = $"'{directory}' could not be opened: {Marshal.GetLastPInvokeErrorMessage()}";
            throw Marshal.GetLastPInvokeError() == NoEntry ? new DirectoryNotFoundException(reason) : new IOException(reason);
        }
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (Synchronize(handle) != 0)
        {
            throw new IOException($"'{directory}' could not be written to the disk: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Synchronize(SafeFileHandle directory);
}
