using NetVips;

namespace QwenMesh.Imaging;

/// <summary>Sets libvips up once per process, with only the loaders that are meant to meet files from outside.</summary>
internal static class VipsLibrary
{
    // libvips' threads split one picture; the pictures here are small and requests run side by side.
    private const int ThreadsPerPicture = 1;

    private static readonly string[] Loaders = ["Png", "Jpeg", "Webp", "Nsgif"];

    private static readonly Lazy<bool> Started = new(Start, LazyThreadSafetyMode.ExecutionAndPublication);

    /// <summary>Loads and sets up libvips on the first call; every use of NetVips comes after it.</summary>
    /// <exception cref="PictureLibraryException">libvips is missing or too old.</exception>
    public static void EnsureStarted() => _ = Started.Value;

    private static bool Start()
    {
        if (!ModuleInitializer.VipsInitialized)
        {
            throw new PictureLibraryException(
                "libvips could not be loaded. It comes with the program for Linux with glibc on x64 and arm64; elsewhere install libvips 8.13 or later",
                ModuleInitializer.Exception);
        }
        // Blocking of operations (8.13) is what keeps the rarely tested loaders away from uploads.
        if (!NetVips.NetVips.AtLeastLibvips(8, 13))
        {
            throw new PictureLibraryException($"libvips {NetVips.NetVips.Version(0)}.{NetVips.NetVips.Version(1)} is too old: 8.13 or later is needed");
        }
        // Defects of a file arrive as errors; libvips also prints them, many times over, which anyone could fill a log with.
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning, static (_, _, _) => { });
        NetVips.NetVips.Concurrency = ThreadsPerPicture;
        Cache.Max = 0;
        Operation.Block("VipsForeignLoad", state: true);
        foreach (var loader in Loaders)
        {
            Operation.Block("VipsForeignLoad" + loader, state: false);
        }
        return true;
    }
}
