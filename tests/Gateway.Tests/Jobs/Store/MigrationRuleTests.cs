using System.Reflection;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using QwenMesh.Gateway.Jobs.Store;

namespace QwenMesh.Gateway.Tests.Jobs.Store;

/// <summary>Every change of the tables leaves Gateways of the version before at work: expand first, contract one release later.</summary>
public sealed class MigrationRuleTests
{
    private static readonly IReadOnlySet<string> Nothing = new HashSet<string>();

    [Fact]
    public void No_migration_takes_anything_from_the_version_before()
    {
        var all = typeof(JobsDb).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Migration)))
            .OrderBy(type => type.GetCustomAttribute<MigrationAttribute>()!.Id, StringComparer.Ordinal).ToArray();
        Assert.NotEmpty(all);
        foreach (var type in all.Where(type => !type.Name.StartsWith(MigrationRules.Contract, StringComparison.Ordinal)))
        {
            var operations = ((Migration)Activator.CreateInstance(type, nonPublic: true)!).UpOperations;
            var added = operations.OfType<CreateTableOperation>().Select(table => table.Name).ToHashSet();
            Assert.All(operations, operation => Assert.True(MigrationRules.Fault(operation, added) is null, $"{type.Name}: {MigrationRules.Fault(operation, added)}"));
        }
    }

    public static TheoryData<string, MigrationOperation> Refused { get; } = new()
    {
        { "a column that is gone", new DropColumnOperation { Table = "jobs", Name = "steps" } },
        { "a column with another name", new RenameColumnOperation { Table = "jobs", Name = "steps", NewName = "progress" } },
        { "a column of another type", new AlterColumnOperation { Table = "jobs", Name = "steps", ClrType = typeof(int) } },
        { "a table that is gone", new DropTableOperation { Name = "audit" } },
        { "a column that has to be written", new AddColumnOperation { Table = "jobs", Name = "weight", ClrType = typeof(int) } },
        { "a new rule for rows", new CreateIndexOperation { Table = "jobs", Name = "one", Columns = ["owner"], IsUnique = true } },
        { "any statement", new SqlOperation { Sql = "UPDATE jobs SET state = 9" } },
    };

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public void What_the_version_before_could_not_work_with_is_refused(string change, MigrationOperation operation) =>
        Assert.True(MigrationRules.Fault(operation, Nothing) is not null, $"{change} is allowed");

    public static TheoryData<string, MigrationOperation> Allowed { get; } = new()
    {
        { "a column that may be empty", new AddColumnOperation { Table = "jobs", Name = "note", ClrType = typeof(string), IsNullable = true } },
        { "a column with a default", new AddColumnOperation { Table = "jobs", Name = "weight", ClrType = typeof(int), DefaultValue = 0 } },
        { "an index", new CreateIndexOperation { Table = "jobs", Name = "some", Columns = ["owner"] } },
        { "a table", new CreateTableOperation { Name = "more" } },
    };

    [Theory]
    [MemberData(nameof(Allowed), DisableDiscoveryEnumeration = true)]
    public void What_it_does_not_notice_is_allowed(string change, MigrationOperation operation) =>
        Assert.True(MigrationRules.Fault(operation, Nothing) is null, $"{change} is refused");
}
