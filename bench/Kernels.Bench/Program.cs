using System.Globalization;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using QwenMesh.Kernels.Bench;

const string ThreadsOption = "--threads=";
const string QuickOption = "--quick";

if (args.FirstOrDefault(arg => arg.StartsWith(ThreadsOption, StringComparison.Ordinal)) is { } threads)
{
    var number = threads[ThreadsOption.Length..];
    if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < 1 or > 1024)
    {
        Console.Error.WriteLine($"{ThreadsOption}N takes a number from 1 to 1024");
        return 1;
    }
    Machine.Threads = count;
}
string[] forSwitcher = [.. args.Where(arg => arg != QuickOption && !arg.StartsWith(ThreadsOption, StringComparison.Ordinal))];

Machine.Describe();
var summaries = BenchmarkSwitcher.FromAssembly(typeof(Machine).Assembly)
    .Run(forSwitcher, KernelsConfig.Create(args.Contains(QuickOption))).ToArray();

// Once more without the log in between.
foreach (var summary in summaries)
{
    Console.WriteLine($"\n### {summary.Title}\n");
    MarkdownExporter.GitHub.ExportToLog(summary, ConsoleLogger.Default);
}
return summaries.All(summary => !summary.HasCriticalValidationErrors && summary.Reports.All(report => report.Success)) ? 0 : 1;
