using System.Diagnostics;
using System.Globalization;

namespace QwenMesh.Dialects.Bench;

/// <summary>Jobs a second from the first submission to the last end, by turns on both databases.</summary>
internal static class JobRates
{
    public static async Task MeasureAsync(BenchOptions options)
    {
        await using var postgres = await ChildProcess.TryStartAsync(Path.Combine(Repository.Find(), "tests", "Testing", "Postgres", "server"));
        await using var sqliteGateway = await MeasuredGateway.StartAsync(options);
        List<Database> databases = [new("SQLite", sqliteGateway)];
        if (postgres is not null)
        {
            databases.Add(new("PostgreSQL", await MeasuredGateway.StartAsync(options, $"Host={postgres.Said};Username=postgres;Database=postgres")));
        }
        for (var round = 0; round <= options.Rounds; round++)
        {
            foreach (var database in databases)
            {
                await database.MeasureAsync(options, counts: round > 0);
            }
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"\n{options.Jobs} jobs a round of fal's queue, {options.Connections} connections, {options.Rounds} rounds, medians\n"));
        Console.WriteLine("| | submissions/s | jobs/s, submission to end | processor ms a job |\n|---|--:|--:|--:|");
        databases.ForEach(Console.WriteLine);
        foreach (var other in databases.Skip(1))
        {
            await other.Gateway.DisposeAsync();
        }
    }

    private sealed class Database(string name, MeasuredGateway gateway)
    {
        private readonly List<double> _submissions = [];
        private readonly List<double> _jobs = [];
        private readonly List<double> _processor = [];

        public MeasuredGateway Gateway => gateway;

        public async Task MeasureAsync(BenchOptions options, bool counts)
        {
            var callers = await Task.WhenAll(Enumerable.Range(0, options.Connections).Select(_ => Dialect.FalQueue.OpenAsync(gateway.Address)));
            var before = await gateway.ProcessorAsync();
            var begin = Stopwatch.GetTimestamp();
            var submitted = await ClosedLoop.CountAsync(options.Jobs, callers);
            await gateway.DrainAsync();
            var elapsed = Stopwatch.GetElapsedTime(begin);
            if (counts)
            {
                _submissions.Add(submitted.Rate);
                _jobs.Add(options.Jobs / elapsed.TotalSeconds);
                _processor.Add((await gateway.ProcessorAsync() - before).TotalMilliseconds / options.Jobs);
            }
            Array.ForEach(callers, caller => caller.Dispose());
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {Quantile.Median(_submissions):0} | {Quantile.Median(_jobs):0} | {Quantile.Median(_processor):0.0} |");
    }
}
