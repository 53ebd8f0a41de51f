using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Logging;

namespace QwenMesh.Mesh.Tests.Telemetry;

/// <summary>An event id names one event of the product.</summary>
public sealed class LogEventTests
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly IReadOnlyList<(string Project, string Method, int Id)> Events =
    [
        .. from file in Directory.EnumerateFiles(AppContext.BaseDirectory, "QwenMesh.*.dll")
           where !file.EndsWith(".Tests.dll", StringComparison.Ordinal)
           from type in Assembly.LoadFrom(file).GetTypes()
           from method in type.GetMethods(Declared)
           let message = method.GetCustomAttribute<LoggerMessageAttribute>()
           where message is not null
           select (type.Assembly.GetName().Name!, $"{type.Name}.{method.Name}", message.EventId),
    ];

    [Fact]
    public void No_two_events_have_the_same_id()
    {
        Assert.Superset(new HashSet<string> { "QwenMesh.Gateway", "QwenMesh.StageHost", "QwenMesh.Vae" }, Events.Select(each => each.Project).ToHashSet());
        Assert.All(Events.GroupBy(each => each.Id), same => Assert.Single(same));
    }

    [Fact]
    public void Every_id_is_in_the_range_of_its_project()
    {
        var ranges = DocumentTable.Read("Log events").ToLookup(row => row.Name("project"), row => Range(row["event ids"]));
        Assert.All(Events, each => Assert.Contains(ranges[each.Project], range => each.Id >= range.First && each.Id <= range.Last));
        var inOrder = ranges.SelectMany(project => project).OrderBy(range => range.First).ToArray();
        Assert.All(inOrder.Zip(inOrder.Skip(1)), pair => Assert.True(pair.First.Last < pair.Second.First, $"{pair} overlap"));
    }

    private static (int First, int Last) Range(string text) =>
        text.Split(" to ") is [var first, var last] ? (Number(first), Number(last)) : throw new FormatException($"'{text}' is no range of event ids");

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
