using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace QwenMesh.Gateway.Tests.Jobs.Store;

/// <summary>Which changes of the tables leave the version before able to work (docs/operations.md, Upgrade).</summary>
internal static class MigrationRules
{
    /// <summary>Begins the name of a migration that takes away what the version before does not use any more.</summary>
    public const string Contract = "Contract";

    /// <summary>What is wrong with a change; null when nothing is.</summary>
    /// <param name="operation">The change.</param>
    /// <param name="added">Tables that the same migration makes: nobody uses them yet.</param>
    public static string? Fault(MigrationOperation operation, IReadOnlySet<string> added) => operation switch
    {
        CreateTableOperation => null,
        AddColumnOperation column when added.Contains(column.Table) => null,
        AddColumnOperation { IsNullable: true } => null,
        AddColumnOperation column => column.DefaultValue is null && column.DefaultValueSql is null ? $"{column.Table}.{column.Name} has no default: the version before does not write it" : null,
        CreateIndexOperation index => index.IsUnique && !added.Contains(index.Table) ? $"{index.Name} refuses rows that the version before writes" : null,
        DropIndexOperation => null,
        AddForeignKeyOperation key when added.Contains(key.Table) => null,
        _ => $"{operation.GetType().Name} takes away or changes what the version before uses",
    };
}
