using System.Globalization;

namespace QwenMesh.Load.Bench;

/// <summary>The command line.</summary>
internal sealed record LoadOptions
{
    public const string Usage =
        "usage: Load.Bench [--seconds=120] | soak [--minutes=30] [--load=0.8] [--warm-up=3]; both: [--size=512] [--steps=10] [--queue=16] [--connections=16] [--closed-loop=30] [--solo=21] [--seed=1] [--folder=DIR]";

    private const string Soak = "soak";

    public bool IsSoak { get; private init; }

    /// <summary>Of each share of the capacity.</summary>
    public TimeSpan Duration { get; private init; } = TimeSpan.FromSeconds(120);

    /// <summary>Of the soak, after it has warmed up.</summary>
    public TimeSpan SoakDuration { get; private init; } = TimeSpan.FromMinutes(30);

    /// <summary>Of the soak, before its samples count.</summary>
    public TimeSpan WarmUp { get; private init; } = TimeSpan.FromMinutes(3);

    /// <summary>Of the soak, as a share of the capacity.</summary>
    public double SoakLoad { get; private init; } = 0.8;

    /// <summary>Width and height of every picture, in pixels.</summary>
    public int Size { get; private init; } = 512;

    public int Steps { get; private init; } = 10;

    /// <summary>Pictures that may wait in the Gateway, beside those that it runs; it refuses more.</summary>
    public int Queue { get; private init; } = 16;

    /// <summary>Of the closed loop that measures the capacity, each with one request at a time.</summary>
    public int Connections { get; private init; } = 16;

    /// <summary>Of the closed loop; half as long warms up before.</summary>
    public TimeSpan ClosedLoop { get; private init; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests, one after the other, that measure the solo latency.</summary>
    public int Solo { get; private init; } = 21;

    /// <summary>Of the arrivals.</summary>
    public int Seed { get; private init; } = 1;

    /// <summary>Where the mesh keeps its jobs and logs while it runs.</summary>
    public string Folder { get; private init; } = Path.GetTempPath();

    /// <summary>Null for what is not understood.</summary>
    public static LoadOptions? Read(IEnumerable<string> args) =>
        CommandLine.Read(args, [Soak], new LoadOptions(), static (options, name, value) => options.With(name, value)) is var (words, options)
            ? options with { IsSoak = words.Count > 0 }
            : null;

    private LoadOptions? With(string name, string value)
    {
        if (name == "--folder")
        {
            return this with { Folder = Path.GetFullPath(value) };
        }
        if (!double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number > int.MaxValue)
        {
            return null;
        }
        return (name, (int)number) switch
        {
            ("--seconds", >= 1) => this with { Duration = TimeSpan.FromSeconds(number) },
            ("--minutes", _) when number > 0 => this with { SoakDuration = TimeSpan.FromMinutes(number) },
            ("--warm-up", _) => this with { WarmUp = TimeSpan.FromMinutes(number) },
            ("--load", _) when number > 0 => this with { SoakLoad = number },
            ("--size", > 0 and var size) => this with { Size = size },
            ("--steps", > 0 and var steps) => this with { Steps = steps },
            ("--queue", var queue) => this with { Queue = queue },
            ("--connections", > 0 and var connections) => this with { Connections = connections },
            ("--closed-loop", >= 1) => this with { ClosedLoop = TimeSpan.FromSeconds(number) },
            ("--solo", > 0 and var solo) => this with { Solo = solo },
            ("--seed", var seed) => this with { Seed = seed },
            _ => null,
        };
    }
}
