using System.Diagnostics;
using System.Text.Json;
using Npgsql;

namespace QwenMesh.Jobs.Tests;

/// <summary>What the database holds of jobs, read without the Gateway's code.</summary>
internal sealed class StoredJobs(NpgsqlDataSource database)
{
    /// <summary>Of the test's connections.</summary>
    public const string ApplicationName = "test";

    // As they are stored: queued, running, succeeded, failed, cancelled.
    private const int FirstEnd = 2;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>How many there are, and how many of them have not ended.</summary>
    public Task<(long All, long Unfinished)> CountAsync(CancellationToken cancellationToken) => TryAsync(async database =>
    {
        await using var count = database.CreateCommand($"SELECT count(*), count(*) FILTER (WHERE state < {FirstEnd}) FROM jobs");
        await using var reader = await count.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }, cancellationToken);

    public Task<List<StoredJob>> ReadAsync(CancellationToken cancellationToken) => TryAsync(async database =>
    {
        await using var read = database.CreateCommand(
            """
            SELECT id, state, fence, result, fault, array_agg(number ORDER BY number), array_agg(data ORDER BY number)
            FROM jobs LEFT JOIN job_events ON job_id = id GROUP BY id
            """);
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        var jobs = new List<StoredJob>();
        while (await reader.ReadAsync(cancellationToken))
        {
            jobs.Add(new StoredJob(
                reader.GetString(0), reader.GetInt32(1), reader.GetInt64(2), await TextAsync(reader, 3), await TextAsync(reader, 4), reader.GetFieldValue<long[]>(5),
                [.. reader.GetFieldValue<string[]>(6).Select(data => JsonSerializer.Deserialize<JsonElement>(data))]));
        }
        return jobs;

        async Task<string?> TextAsync(NpgsqlDataReader row, int column) =>
            await row.IsDBNullAsync(column, cancellationToken) ? null : row.GetString(column);
    }, cancellationToken);

    /// <summary>Asks the database, again while it recovers from a crash.</summary>
    public async Task<T> TryAsync<T>(Func<NpgsqlDataSource, Task<T>> query, CancellationToken cancellationToken)
    {
        for (var tried = Stopwatch.StartNew(); ;)
        {
            try
            {
                return await query(database);
            }
            catch (NpgsqlException) when (tried.Elapsed < Limit)
            {
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }
}

/// <param name="Id">Of the job.</param>
/// <param name="State">Where it is.</param>
/// <param name="Fence">Of the last attempt.</param>
/// <param name="Result">As JSON.</param>
/// <param name="Fault">As JSON.</param>
/// <param name="Numbers">Of its events, in their order.</param>
/// <param name="Events">In the same order.</param>
internal sealed record StoredJob(string Id, int State, long Fence, string? Result, string? Fault, long[] Numbers, IReadOnlyList<JsonElement> Events)
{
    public const int Running = 1;
    public const int Succeeded = 2;

    public IEnumerable<string> Kinds => Events.Select(happened => happened.GetProperty("kind").GetString()!);

    public IEnumerable<JsonElement> Of(string kind) => Events.Where(happened => happened.GetProperty("kind").GetString() == kind);
}
