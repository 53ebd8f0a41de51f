using System.Globalization;

namespace QwenMesh.Dialects.Bench;

/// <summary>The command line.</summary>
internal sealed record BenchOptions
{
    public const string Usage =
        "usage: Dialects.Bench [calls] [events] [jobs] [--rounds=5] [--connections=16] [--only=NAME] [--subscribers=200] [--jobs=1000] [--folder=DIR]";

    private static readonly string[] All = ["calls", "events", "jobs"];

    public IReadOnlyList<string> Names { get; private init; } = All;

    /// <summary>That count, after one that warms up.</summary>
    public int Rounds { get; private init; } = 5;

    /// <summary>Each has one request at a time.</summary>
    public int Connections { get; private init; } = 16;

    /// <summary>Measures the calls whose names hold this; empty for all.</summary>
    public string Only { get; private init; } = "";

    public int Subscribers { get; private init; } = 200;

    public int Jobs { get; private init; } = 1000;

    /// <summary>On the disk that is measured.</summary>
    public string Folder { get; private init; } = Path.GetTempPath();

    public bool Measures(string name) => Names.Contains(name);

    /// <summary>Null for what is not understood.</summary>
    public static BenchOptions? Read(IEnumerable<string> args)
    {
        if (CommandLine.Read(args, All, new BenchOptions(), static (options, name, value) => options.With(name, value)) is not var (names, options))
        {
            return null;
        }
        return names.Count > 0 ? options with { Names = names } : options;
    }

    private BenchOptions? With(string name, string value) => (name, int.TryParse(value, CultureInfo.InvariantCulture, out var number) ? number : 0) switch
    {
        ("--rounds", > 0) => this with { Rounds = number },
        ("--connections", > 0) => this with { Connections = number },
        ("--subscribers", > 0) => this with { Subscribers = number },
        ("--jobs", > 0) => this with { Jobs = number },
        ("--only", _) => this with { Only = value },
        ("--folder", _) => this with { Folder = value },
        _ => null,
    };
}
