using System.Globalization;

namespace QwenMesh.Load.Bench.Soak;

/// <summary>What a process holds at a time.</summary>
/// <param name="ResidentMiB">Memory that is in the machine's.</param>
/// <param name="HeapMiB">The garbage collector's heap as its last collection left it.</param>
/// <param name="Descriptors">Open ones.</param>
/// <param name="Connections">TCP sockets that are connected.</param>
/// <param name="Threads">All of the process.</param>
internal sealed record ServiceSample(double ResidentMiB, double HeapMiB, int Descriptors, int Connections, int Threads)
{
    private const string Heap = "dotnet_gc_last_collection_heap_size_bytes";

    /// <exception cref="IOException">The process has ended.</exception>
    public static async Task<ServiceSample> TakeAsync(ServiceProcess service, HttpClient http)
    {
        var metrics = await http.GetStringAsync(service.Metrics);
        var process = ProcessFiles.Read(service.Id);
        return new ServiceSample(process.ResidentBytes / (double)(1 << 20), SumOf(metrics, Heap) / (1 << 20), process.Descriptors, process.Connections, process.Threads);
    }

    /// <summary>Of all series of an instrument, in the text that Prometheus scrapes.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    internal static double SumOf(string metrics, string instrument)
    {
        var values = metrics.Split('\n').Where(line => line.StartsWith($"{instrument}{{", StringComparison.Ordinal) || line.StartsWith($"{instrument} ", StringComparison.Ordinal))
            .Select(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture)).ToArray();
        return values.Length > 0 ? values.Sum() : throw new InvalidDataException($"the service does not tell its {instrument}");
    }
}
