using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Jobs.Store;

namespace QwenMesh.Gateway.Tests.Jobs.Store;

public sealed partial class PostgresStoreTests
{
    [Fact]
    public async Task A_database_that_is_not_there_is_named_without_the_password()
    {
        await using var store = TestStore.Create(new JobOptions { ConnectionString = _server.ConnectionString("no_such_database") + ";Password=secret" });
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(store.StartAsync);
        Assert.Contains("/no_such_database", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Jobs:ConnectionString", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", exception.ToString(), StringComparison.Ordinal);
    }

    private protected override async Task<string[]> SchemaAsync() =>
    [
        .. await LinesAsync("""
            SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default, is_identity, identity_generation, collation_name) AS "Value"
            FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\_\_%'
            """),
        .. await LinesAsync("""SELECT indexdef AS "Value" FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE '\_\_%'"""),
        .. await LinesAsync("""
            SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) AS "Value" FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE '%\_\_EF%'
            """),
    ];
}
