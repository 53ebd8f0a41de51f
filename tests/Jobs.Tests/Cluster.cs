using Npgsql;
using QwenMesh.Testing;
using QwenMesh.Testing.Postgres;
using QwenMesh.Testing.Stages;

namespace QwenMesh.Jobs.Tests;

/// <summary>Gateways as processes of their own, one PostgreSQL database, and stages that answer at once.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly Dictionary<string, string> _settings;

    private Cluster(InstantStages stages, NpgsqlDataSource database, string connection, IReadOnlyDictionary<string, string> settings)
    {
        (Stages, Database) = (stages, database);
        _settings = new(stages.Settings)
        {
            ["Jobs__ConnectionString"] = connection + ";Maximum Pool Size=40",
            ["Files__Folder"] = Folder.Path,
            ["Jobs__LeaseSeconds"] = "2",
            ["Jobs__PollSeconds"] = "0.5",
            // However often the Gateways that hold a job die, none may give it up.
            ["Jobs__MaxLosses"] = "1000",
            ["Gateway__MaxConcurrentGenerations"] = "6",
            ["Logging__LogLevel__Default"] = "Warning",
        };
        foreach (var (key, value) in settings)
        {
            _settings[key] = value;
        }
    }

    public InstantStages Stages { get; }

    /// <summary>The test's own way to it, whose connections are not cut.</summary>
    public NpgsqlDataSource Database { get; }

    /// <summary>Of the files of jobs, where they are kept in a folder.</summary>
    public TemporaryFolder Folder { get; } = new();

    /// <summary>Without Gateways; skips the running test where PostgreSQL is not installed.</summary>
    /// <param name="settings">Of the Gateways, as environment variables.</param>
    /// <param name="cancellationToken">The test's.</param>
    public static async Task<Cluster> StartAsync(IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken)
    {
        var server = await PostgresServer.RequireAsync(cancellationToken);
        var connection = server.ConnectionString(await server.CreateDatabaseAsync(cancellationToken));
        return new Cluster(await InstantStages.StartAsync(), NpgsqlDataSource.Create($"{connection};Application Name={StoredJobs.ApplicationName}"), connection, settings);
    }

    /// <summary>Several Gateways that start at once, or one.</summary>
    /// <param name="count">How many.</param>
    /// <param name="settings">Of these.</param>
    /// <param name="cancellationToken">The test's.</param>
    public Task<Gateways> StartGatewaysAsync(int count, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken) =>
        Gateways.StartAsync(new Dictionary<string, string>([.. _settings.Where(setting => !settings.ContainsKey(setting.Key)), .. settings]), count, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Stages.DisposeAsync();
        await Database.DisposeAsync();
        Folder.Dispose();
    }
}
