using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using QwenMesh.Load.Bench.Soak;

namespace QwenMesh.Mesh.Tests.Load;

/// <summary>What the soak's figures are made of.</summary>
public sealed class SoakTests
{
    [Fact]
    public void Something_that_grows_steadily_has_its_slope()
    {
        var samples = Enumerable.Range(0, 100).Select(minute => (TimeSpan.FromMinutes(minute), 50 + minute / 10d)).ToArray();
        var trend = Trend.Of(samples);
        Assert.Equal(6, trend.PerHour, tolerance: 1e-9);
        Assert.Equal((51.2, 58.7), (trend.First, trend.Last), (a, b) => Math.Abs(a.Item1 - b.Item1) < 0.11 && Math.Abs(a.Item2 - b.Item2) < 0.11);
    }

    [Fact]
    public void What_a_process_opens_is_counted()
    {
        var process = ProcessFiles.Read(Environment.ProcessId);
        Assert.InRange(process.ResidentBytes, 1 << 20, Environment.WorkingSet * 2);
        Assert.True(process.Threads > 0);
        var (connections, descriptors) = Opened();
        // What earlier tests have left behind may be closed meanwhile, a hundred connections of a crowd too, but not each time.
        for (var attempt = 1; attempt < 10 && (connections is < 90 or > 110 || descriptors is < 91 or > 111); attempt++)
        {
            (connections, descriptors) = Opened();
        }
        // Both ends are here; other work of this process may open or close a few.
        Assert.InRange(connections, 90, 110);
        Assert.InRange(descriptors, 91, 111);
    }

    [Fact]
    public void A_process_that_has_ended_is_told_from_one_without_memory()
    {
        using var process = Process.Start("true")!;
        process.WaitForExit();
        Assert.ThrowsAny<IOException>(() => ProcessFiles.Read(process.Id));
        Assert.False(new QwenMesh.Load.Bench.ServiceProcess("true", process.Id, new Uri("http://127.0.0.1")).IsAlive);
        Assert.True(new QwenMesh.Load.Bench.ServiceProcess("self", Environment.ProcessId, new Uri("http://127.0.0.1")).IsAlive);
    }

    [Fact]
    public void Series_of_an_instrument_are_added_up_and_others_are_not()
    {
        const string Metrics = "# TYPE heap gauge\nheap{generation=\"gen0\"} 1.5\nheap{generation=\"gen1\"} 2\nheap_size{generation=\"gen0\"} 9\nother 1\n";
        Assert.Equal(3.5, ServiceSample.SumOf(Metrics, "heap"));
        Assert.Throws<InvalidDataException>(() => ServiceSample.SumOf(Metrics, "he"));
    }

    // Counted while 50 connections and their listener were open, more than before.
    private static (int Connections, int Descriptors) Opened()
    {
        var before = ProcessFiles.Read(Environment.ProcessId);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var clients = Enumerable.Range(0, 50).Select(_ => new TcpClient("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port)).ToArray();
        var accepted = Array.ConvertAll(clients, _ => listener.AcceptTcpClient());
        var after = ProcessFiles.Read(Environment.ProcessId);
        Array.ForEach([.. clients, .. accepted], client => client.Dispose());
        return (after.Connections - before.Connections, after.Descriptors - before.Descriptors);
    }
}
