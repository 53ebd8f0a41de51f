using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>What SQLite forgets with every connection.</summary>
internal sealed class SqlitePragmas : DbConnectionInterceptor
{
    // What is accepted is stored, also when the power fails: every commit is synchronised. Writers of other processes are waited for.
    private const string Settings = "PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;";

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => Apply(connection);

    public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Apply(connection);
        return Task.CompletedTask;
    }

    private static void Apply(DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Settings;
        command.ExecuteNonQuery();
    }
}
