using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using QwenMesh.Testing;

namespace QwenMesh.Mesh.Tests.Cluster;

/// <summary>docker/healthy, which Docker asks whether a container is well.</summary>
public sealed class HealthyScriptTests
{
    private const string PortName = "Gateway__HttpPort";
    private const string EdgeName = "Tls__Edge__CertificateFile";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("HTTP/1.1 200 OK", true)]
    [InlineData("HTTP/1.1 503 Service Unavailable", false)]
    public async Task A_service_is_healthy_when_it_says_that_it_is_ready(string answer, bool isHealthy)
    {
        using var listener = Listen();
        var run = RunAsync(new() { [PortName] = Port(listener) });
        using var client = await listener.AcceptTcpClientAsync(Token).AsTask().WaitAsync(Limit, Token);
        using var reader = new StreamReader(client.GetStream());
        Assert.Equal("GET /health/ready HTTP/1.1", await reader.ReadLineAsync(Token).AsTask().WaitAsync(Limit, Token));
        await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes($"{answer}\r\nContent-Length: 0\r\n\r\n"), Token);
        Assert.Equal(isHealthy, await run == 0);
    }

    [Fact]
    public async Task A_Gateway_that_is_called_over_TLS_is_healthy_when_it_listens()
    {
        using var listener = Listen();
        // Nobody answers: bash could not read it.
        Assert.Equal(0, await RunAsync(new() { [PortName] = Port(listener), [EdgeName] = "/etc/tls/tls.crt" }));
        // Not the listener's, once it is closed: the system may give it to another.
        Assert.NotEqual(0, await RunAsync(new() { [PortName] = $"{FreePorts.Next()}", [EdgeName] = "/etc/tls/tls.crt" }));
    }

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static string Port(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

    private static async Task<int> RunAsync(Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(Repository.Root, "docker", "healthy")]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        using var process = Process.Start(start)!;
        try
        {
            await process.WaitForExitAsync(Token).WaitAsync(Limit, Token);
            return process.ExitCode;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
