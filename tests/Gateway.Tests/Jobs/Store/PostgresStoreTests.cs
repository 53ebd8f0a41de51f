using Npgsql;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Testing.Postgres;

namespace QwenMesh.Gateway.Tests.Jobs.Store;

public sealed partial class PostgresStoreTests : StoreTests
{
    private PostgresServer _server = null!;
    private string? _database;

    private protected override JobOptions Options => new() { ConnectionString = _server.ConnectionString(_database!) };

    private protected override async Task MakeDatabaseAsync()
    {
        _server = await PostgresServer.RequireAsync(Cancellation);
        _database = await _server.CreateDatabaseAsync(Cancellation);
    }

    private protected override async Task RemoveDatabaseAsync()
    {
        if (_database is { } database)
        {
            NpgsqlConnection.ClearPool(new NpgsqlConnection(Options.ConnectionString));
            await _server.DropDatabaseAsync(database, CancellationToken.None);
        }
    }
}
