using System.Globalization;

namespace QwenMesh.Load.Bench.Soak;

/// <summary>What Linux tells of a process.</summary>
internal readonly record struct ProcessFiles(long ResidentBytes, int Threads, int Descriptors, int Connections)
{
    private const string Established = "01";

    /// <exception cref="IOException">There is no such process, or it has ended.</exception>
    public static ProcessFiles Read(int id)
    {
        var status = File.ReadAllLines($"/proc/{id}/status");
        var targets = new DirectoryInfo($"/proc/{id}/fd").EnumerateFileSystemInfos().Select(Target).ToArray();
        var connected = Sockets("/proc/net/tcp").Concat(Sockets("/proc/net/tcp6")).ToHashSet(StringComparer.Ordinal);
        return new ProcessFiles(Number(status, "VmRSS:") << 10, (int)Number(status, "Threads:"), targets.Length, targets.Count(connected.Contains));
    }

    private static long Number(string[] status, string name) => status.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
        ? long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
        : throw new IOException("the process has ended");

    private static string Target(FileSystemInfo descriptor)
    {
        try
        {
            return descriptor.LinkTarget ?? "";
        }
        catch (IOException)
        {
            return ""; // Closed since it was listed.
        }
    }

    // A line's fourth field is the state, the tenth the number that the descriptor's link has.
    private static IEnumerable<string> Sockets(string table) => !File.Exists(table) ? [] : File.ReadLines(table).Skip(1)
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(fields => fields[3] == Established).Select(fields => $"socket:[{fields[9]}]");
}
