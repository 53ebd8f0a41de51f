using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace QwenMesh.Testing.Postgres;

/// <summary>
/// A real PostgreSQL server, one for each test process that asks for it. Where Debian's package is not installed, tests that need it are skipped with
/// that reason.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const int ExitUnavailable = 69;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private static readonly Lazy<Task<PostgresServer>> Shared = new(() => StartAsync([]));

    // Its standard input ends with this process, which stops the server.
    private readonly Process _script;
    private int _databases;

    private PostgresServer(Process script, string folder, string? unavailable) => (_script, Folder, Unavailable) = (script, folder, unavailable);

    /// <summary>Of its socket and its data.</summary>
    private string Folder { get; }

    private string? Unavailable { get; }

    /// <summary>The server of this process; skips the running test where there is none.</summary>
    public static async Task<PostgresServer> RequireAsync(CancellationToken cancellationToken)
    {
        var server = await Shared.Value.WaitAsync(cancellationToken);
        server.SkipUnlessThere();
        return server;
    }

    /// <summary>One for the caller alone, which disposes it; skips the running test where there is none.</summary>
    /// <param name="port">Of loopback.</param>
    /// <param name="certificates">Folder with tls.crt and tls.key.</param>
    /// <param name="cancellationToken">The test's.</param>
    public static async Task<PostgresServer> RequireWithTlsAsync(int port, string certificates, CancellationToken cancellationToken)
    {
        var server = await StartAsync([string.Create(CultureInfo.InvariantCulture, $"{port}"), certificates]).WaitAsync(cancellationToken);
        server.SkipUnlessThere();
        return server;
    }

    /// <summary>Of the process that all others of the server are children of.</summary>
    public int Id => int.Parse(File.ReadLines(Path.Combine(Folder, "data", "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    /// <summary>Connection string of a database; of the server's own without a name.</summary>
    public string ConnectionString(string database = "postgres") => $"Host={Folder};Username=postgres;Database={database}";

    /// <summary>A new, empty database.</summary>
    /// <returns>Its name.</returns>
    public async Task<string> CreateDatabaseAsync(CancellationToken cancellationToken)
    {
        var name = $"test{Interlocked.Increment(ref _databases)}";
        await RunAsync($"CREATE DATABASE {name}", cancellationToken);
        return name;
    }

    /// <summary>Removes a database, and ends the connections to it.</summary>
    public Task DropDatabaseAsync(string name, CancellationToken cancellationToken) => RunAsync($"DROP DATABASE IF EXISTS {name} WITH (FORCE)", cancellationToken);

    /// <summary>Ends all connections to a database, as a restart or a broken network does.</summary>
    public Task EndConnectionsAsync(string name, CancellationToken cancellationToken) =>
        RunAsync($"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'", cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _script.StandardInput.Close();
        await _script.WaitForExitAsync().WaitAsync(Limit);
        _script.Dispose();
    }

    private void SkipUnlessThere() => Assert.SkipWhen(Unavailable is not null, $"needs PostgreSQL: {Unavailable}");

    private async Task RunAsync(string sql, CancellationToken cancellationToken)
    {
        using var psql = Start("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", Folder, "-U", "postgres", "-d", "postgres", "-c", sql]);
        var errors = psql.StandardError.ReadToEndAsync(cancellationToken);
        var output = psql.StandardOutput.ReadToEndAsync(cancellationToken);
        await psql.WaitForExitAsync(cancellationToken).WaitAsync(Limit, cancellationToken);
        _ = await output;
        Assert.True(psql.ExitCode == 0, $"psql: {await errors}");
    }

    private static async Task<PostgresServer> StartAsync(IReadOnlyList<string> arguments)
    {
        var script = Start(Path.Combine(GoldenFolder.Repository, "tests", "Testing", "Postgres", "server"), arguments);
        var folder = await script.StandardOutput.ReadLineAsync().WaitAsync(Limit);
        if (folder is not null)
        {
            return new PostgresServer(script, folder, null);
        }
        var reason = (await script.StandardError.ReadToEndAsync().WaitAsync(Limit)).Trim();
        await script.WaitForExitAsync().WaitAsync(Limit);
        return script.ExitCode == ExitUnavailable
            ? new PostgresServer(script, "", reason)
            : throw new InvalidOperationException($"PostgreSQL does not start: {reason}");
    }

    private static Process Start(string program, IEnumerable<string> arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
