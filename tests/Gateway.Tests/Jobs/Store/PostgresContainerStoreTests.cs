using Npgsql;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Testing.Containers;

namespace QwenMesh.Gateway.Tests.Jobs.Store;

/// <summary>On a PostgreSQL of a newer Debian, in a container.</summary>
public sealed class PostgresContainerStoreTests(PostgresContainerStoreTests.Server server) : StoreTests, IClassFixture<PostgresContainerStoreTests.Server>
{
    private string _connection = "";

    private protected override JobOptions Options => new() { ConnectionString = _connection };

    private protected override async Task MakeDatabaseAsync() => _connection = await server.CreateDatabaseAsync(Cancellation);

    private protected override Task RemoveDatabaseAsync()
    {
        NpgsqlConnection.ClearAllPools();
        return Task.CompletedTask;
    }

    private protected override Task<string[]> SchemaAsync() => PostgresSchema.LinesAsync(this);

    /// <summary>Started by the first test, because a fixture cannot skip one.</summary>
    public sealed class Server : IAsyncLifetime
    {
        private readonly SemaphoreSlim _starting = new(1);
        private PostgresContainer? _container;
        private int _databases;

        public ValueTask InitializeAsync() => ValueTask.CompletedTask;

        internal async Task<string> CreateDatabaseAsync(CancellationToken cancellationToken)
        {
            await _starting.WaitAsync(cancellationToken);
            try
            {
                _container ??= await PostgresContainer.StartAsync(cancellationToken);
            }
            finally
            {
                _starting.Release();
            }
            var name = $"test{Interlocked.Increment(ref _databases)}";
            await using var connection = new NpgsqlConnection(_container.ConnectionString());
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
            return _container.ConnectionString(name);
        }

        public async ValueTask DisposeAsync()
        {
            _starting.Dispose();
            if (_container is not null)
            {
                await _container.DisposeAsync();
            }
        }
    }
}
