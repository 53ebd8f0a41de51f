namespace QwenMesh.Gateway.Tests.Jobs.Store;

/// <summary>What PostgreSQL says of the store's own tables.</summary>
internal static class PostgresSchema
{
    public static async Task<string[]> LinesAsync(StoreTests tests) =>
    [
        .. await tests.LinesAsync("""
            SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default, is_identity, identity_generation, collation_name) AS "Value"
            FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\_\_%'
            """),
        .. await tests.LinesAsync("""SELECT indexdef AS "Value" FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE '\_\_%'"""),
        .. await tests.LinesAsync("""
            SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) AS "Value" FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE '%\_\_EF%'
            """),
    ];
}
