using System.Diagnostics;
using System.Globalization;

namespace QwenMesh.Wire.Bench;

/// <summary>
/// Moves 64 MiB at a time, by turns over the raw socket, over plain HTTP/2 and over gRPC, so that other load on the machine affects all alike. Reports medians.
/// </summary>
internal static class Measurement
{
    private const int WarmUp = 60;

    /// <param name="grpcPort">The gRPC server's port.</param>
    /// <param name="rawPort">The raw server's port.</param>
    /// <param name="rounds">Transfers of each kind that count.</param>
    /// <param name="server">The server's process when this program started it: its processor time counts too.</param>
    public static async Task RunAsync(int grpcPort, int rawPort, int rounds, Process? server = null)
    {
        using var raw = await RawClient.ConnectAsync(rawPort);
        using var plain = new PlainClient(grpcPort);
        using var grpc = new GrpcClient(grpcPort);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{TransferSizes.Total >> 20} MiB in messages of {TransferSizes.Chunk >> 10} KiB, {rounds} rounds, {Environment.ProcessorCount} processors"));
        Console.WriteLine($"{"",-34}{"GB/s",8}{"of raw",9}{"of HTTP/2",11}{"CPU s/GB",10}");

        await CompareAsync("client to server", rounds, server, raw.UploadAsync, plain.UploadAsync, grpc.UploadAsync, grpc.UploadTensorAsync);
        await CompareAsync("server to client", rounds, server, raw.DownloadAsync, plain.DownloadAsync, grpc.DownloadAsync, grpc.DownloadTensorAsync);
    }

    private static async Task CompareAsync(string direction, int rounds, Process? server, params Func<long, Task>[] transfers)
    {
        string[] names = ["raw socket", "plain HTTP/2", "bytes messages", "tensor frames"];
        var seconds = transfers.Select(_ => new List<double>()).ToArray();
        var processor = new double[transfers.Length];
        for (var round = -WarmUp; round < rounds; round++)
        {
            for (var i = 0; i < transfers.Length; i++)
            {
                var before = ProcessorSeconds(server);
                var start = Stopwatch.GetTimestamp();
                await transfers[i](TransferSizes.Total);
                if (round >= 0)
                {
                    seconds[i].Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                    processor[i] += ProcessorSeconds(server) - before;
                }
            }
        }

        for (var i = 0; i < transfers.Length; i++)
        {
            var rate = TransferSizes.Total / Median(seconds[i]) / 1e9;
            var (ofRaw, ofPlain) = (Median(seconds[0]) / Median(seconds[i]), Median(seconds[1]) / Median(seconds[i]));
            var cost = processor[i] / (rounds * (TransferSizes.Total / 1e9));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{$"{direction}, {names[i]}",-34}{rate,8:0.00}{ofRaw,9:0.00}{ofPlain,11:0.00}{cost,10:0.00}"));
        }
    }

    // Less touched by other load than time is.
    private static double ProcessorSeconds(Process? server)
    {
        server?.Refresh();
        return Environment.CpuUsage.TotalTime.TotalSeconds + (server?.TotalProcessorTime.TotalSeconds ?? 0);
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
