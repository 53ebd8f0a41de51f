using System.Runtime.InteropServices;

namespace QwenMesh.Imaging.Vips;

/// <summary>Starts libvips once per process, with only the loaders that are meant to meet files from outside.</summary>
internal static unsafe class VipsLibrary
{
    // libvips' threads split one picture; the pictures here are small and requests run side by side.
    private const int ThreadsPerOperation = 1;

    private const int GLogWarnings = 1 << 4;

    private static readonly Lazy<Version> Started = new(Start, LazyThreadSafetyMode.ExecutionAndPublication);

    /// <summary>Loads and initialises libvips on the first call.</summary>
    /// <exception cref="VipsException">libvips is missing or too old.</exception>
    public static Version EnsureStarted() => Started.Value;

    /// <summary>Takes and clears the text of the last errors.</summary>
    public static string TakeError()
    {
        var text = VipsNative.vips_error_buffer_copy();
        try
        {
            return Marshal.PtrToStringUTF8(text)?.Trim().ReplaceLineEndings("; ") ?? "";
        }
        finally
        {
            VipsNative.g_free((void*)text);
        }
    }

    // Defects of a file arrive as errors; libvips also prints them, many times over, which anyone could fill a log with.
    [UnmanagedCallersOnly]
    private static void Ignore(byte* domain, int level, byte* message, void* data)
    {
    }

    private static Version Start()
    {
        try
        {
            if (VipsNative.vips_init("qwenmesh") != 0)
            {
                throw new VipsException($"libvips did not start: {TakeError()}");
            }
            // Blocking of operations (8.13) is what keeps the rarely tested loaders away from uploads.
            var version = new Version(VipsNative.vips_version(0), VipsNative.vips_version(1), VipsNative.vips_version(2));
            if (version < new Version(8, 13))
            {
                throw new VipsException($"libvips {version} is too old: 8.13 or later is needed");
            }
            VipsNative.g_log_set_handler("VIPS", GLogWarnings, &Ignore, null);
            VipsNative.vips_concurrency_set(ThreadsPerOperation);
            VipsNative.vips_cache_set_max(0);
            VipsNative.vips_operation_block_set("VipsForeignLoad", 1);
            foreach (var loader in (ReadOnlySpan<string>)["Png", "Jpeg", "Webp", "Nsgif"])
            {
                VipsNative.vips_operation_block_set("VipsForeignLoad" + loader, 0);
            }
            return version;
        }
        catch (Exception missing) when (missing is DllNotFoundException or EntryPointNotFoundException)
        {
            throw new VipsException(
                "libvips is not installed: install the package libvips42 (Debian, Ubuntu), vips (Fedora, Homebrew) or put libvips on the library path",
                missing);
        }
    }
}
