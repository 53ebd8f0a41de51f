using Microsoft.Data.Sqlite;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Jobs.Store;

public sealed partial class SqliteStoreTests : StoreTests
{
    private readonly TemporaryFolder _folder = new();

    private protected override JobOptions Options => new() { Folder = _folder.Path };

    private protected override Task MakeDatabaseAsync() => Task.CompletedTask;

    private protected override Task RemoveDatabaseAsync()
    {
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
        return Task.CompletedTask;
    }
}
