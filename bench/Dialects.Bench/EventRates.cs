using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace QwenMesh.Dialects.Bench;

/// <summary>Many listeners to Oxen's /api/events while jobs run.</summary>
internal static class EventRates
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public static async Task MeasureAsync(BenchOptions options)
    {
        await using var gateway = await MeasuredGateway.StartAsync(options);
        using var ended = new CancellationTokenSource(Limit);
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = options.Subscribers }) { BaseAddress = gateway.Address, Timeout = Timeout.InfiniteTimeSpan };
        var subscribers = Enumerable.Range(0, options.Subscribers).Select(_ => new EventSubscriber(http, options.Jobs)).ToArray();
        await Task.WhenAll(subscribers.Select(subscriber => subscriber.ConnectAsync(ended.Token)));
        var listening = subscribers.Select(subscriber => subscriber.ListenAsync(ended.Token)).ToArray();
        var callers = await Task.WhenAll(Enumerable.Range(0, options.Connections).Select(_ => Dialect.OxenQueue.OpenAsync(gateway.Address)));

        var before = await gateway.ProcessorAsync();
        var begin = Stopwatch.GetTimestamp();
        await ClosedLoop.CountAsync(options.Jobs, callers);
        await Task.WhenAll(listening);
        var elapsed = Stopwatch.GetElapsedTime(begin);
        var processor = await gateway.ProcessorAsync() - before;
        Array.ForEach(callers, caller => caller.Dispose());

        var ends = Ends(gateway.Folder);
        var complete = subscribers.Count(subscriber => subscriber.Received.Count == options.Jobs && subscriber.Received.Keys.All(ends.ContainsKey) && subscriber.Repeated == 0);
        var delays = subscribers.SelectMany(subscriber => subscriber.Received.Select(told => (told.Value - ends[told.Key]).TotalMilliseconds)).ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{options.Subscribers} subscribers of /api/events, {options.Jobs} jobs, SQLite\n"));
        Console.WriteLine("| jobs/s | events/s | subscribers that heard every job once | delay p50, ms | delay p99, ms | processor s |\n|--:|--:|--:|--:|--:|--:|");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {options.Jobs / elapsed.TotalSeconds:0} | {delays.Length / elapsed.TotalSeconds:0} | {complete} of {options.Subscribers} | {Quantile.Of(delays, 0.5):0} | {Quantile.Of(delays, 0.99):0} | {processor.TotalSeconds:0.0} |"));
    }

    // When the transaction began that stored the end, by job.
    private static Dictionary<string, DateTimeOffset> Ends(string folder)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "jobs.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id, ended_at FROM jobs WHERE ended_at IS NOT NULL";
        using var rows = command.ExecuteReader();
        var ends = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        while (rows.Read())
        {
            ends[rows.GetString(0)] = DateTimeOffset.UnixEpoch.AddMicroseconds(rows.GetInt64(1));
        }
        return ends;
    }
}
