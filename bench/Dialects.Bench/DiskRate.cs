using System.Diagnostics;

namespace QwenMesh.Dialects.Bench;

/// <summary>How often a second the disk makes a page of 4 KiB durable, one after the other: what bounds commits that do not share one.</summary>
internal static class DiskRate
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(0.5);

    public static double Measure(string folder)
    {
        var path = Path.Combine(folder, "disk-rate");
        var page = new byte[4096];
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
        var (begin, syncs) = (Stopwatch.GetTimestamp(), 0);
        for (; Stopwatch.GetElapsedTime(begin) < Duration; syncs++)
        {
            file.Write(page);
            file.Flush(flushToDisk: true);
        }
        return syncs / Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }
}
