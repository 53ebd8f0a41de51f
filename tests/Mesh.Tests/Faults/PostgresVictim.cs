using System.Globalization;
using QwenMesh.Testing;
using QwenMesh.Testing.Postgres;

namespace QwenMesh.Mesh.Tests.Faults;

/// <summary>A PostgreSQL server behind its proxy, over TLS: the protocol itself has no checksums.</summary>
internal sealed class PostgresVictim : IVictim, IAsyncDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly TemporaryFolder _certificates = new();
    private PostgresServer _server = null!;
    private int[] _stopped = [];

    public FaultProxy Proxy { get; } = new(() => new RawPieces());

    /// <summary>Through the proxy.</summary>
    public string ConnectionString =>
        $"Host=127.0.0.1;Port={Proxy.Port};Username=postgres;Database=postgres;SSL Mode=VerifyFull;Root Certificate={_certificates.Path}/ca.crt;Timeout=2;Command Timeout=2";

    /// <summary>Skips the running test where PostgreSQL is not installed.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _authority.Write(_certificates.Path, TestAuthority.Server, "127.0.0.1");
        var port = FreePorts.Next();
        _server = await PostgresServer.RequireWithTlsAsync(port, _certificates.Path, cancellationToken);
        (Proxy.Target, Proxy.Victim) = (port, this);
    }

    // When one of its processes is killed the server ends all others, and recovers from its log as after a power failure.
    public Task KillAsync() => SignalAsync("KILL", Children().Take(1));

    public Task StopAsync()
    {
        _stopped = [_server.Id, .. Children()];
        return SignalAsync("STOP", _stopped);
    }

    public async Task HealAsync(CancellationToken cancellationToken)
    {
        Proxy.Heal();
        await SignalAsync("CONT", _stopped);
        _stopped = [];
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await SignalAsync("CONT", _stopped);
            await _server.DisposeAsync();
        }
        await Proxy.DisposeAsync();
        _certificates.Dispose();
        _authority.Dispose();
    }

    private static async Task SignalAsync(string signal, IEnumerable<int> processes)
    {
        foreach (var process in processes)
        {
            await Signals.SendAsync(signal, process);
        }
    }

    private IEnumerable<int> Children()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && Parent(id) == _server.Id)
            {
                yield return id;
            }
        }
    }

    // proc_pid_stat(5): the fourth field; the second one is in parentheses, and may have any in it.
    private static int Parent(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
