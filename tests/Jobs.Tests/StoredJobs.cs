using System.Text.Json;
using Npgsql;

namespace QwenMesh.Jobs.Tests;

/// <summary>What the database holds of jobs, read without the Gateway's code.</summary>
internal sealed class StoredJobs(NpgsqlDataSource database)
{
    // As they are stored: queued, running, succeeded, failed, cancelled.
    private const int FirstEnd = 2;

    /// <summary>How many there are, and how many of them have not ended.</summary>
    public async Task<(long All, long Unfinished)> CountAsync(CancellationToken cancellationToken)
    {
        await using var count = database.CreateCommand($"SELECT count(*), count(*) FILTER (WHERE state < {FirstEnd}) FROM jobs");
        await using var reader = await count.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    public async Task<IReadOnlyList<StoredJob>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var read = database.CreateCommand(
            """
            SELECT id, state, result, fault, array_agg(number ORDER BY number), array_agg(data ORDER BY number)
            FROM jobs LEFT JOIN job_events ON job_id = id GROUP BY id
            """);
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        var jobs = new List<StoredJob>();
        while (await reader.ReadAsync(cancellationToken))
        {
            jobs.Add(new StoredJob(
                reader.GetString(0), reader.GetInt32(1), await reader.IsDBNullAsync(2, cancellationToken) ? null : reader.GetString(2),
                await reader.IsDBNullAsync(3, cancellationToken) ? null : reader.GetString(3), reader.GetFieldValue<long[]>(4),
                [.. reader.GetFieldValue<string[]>(5).Select(data => JsonSerializer.Deserialize<JsonElement>(data))]));
        }
        return jobs;
    }
}

/// <param name="Id">Of the job.</param>
/// <param name="State">Where it is.</param>
/// <param name="Result">As JSON.</param>
/// <param name="Fault">As JSON.</param>
/// <param name="Numbers">Of its events, in their order.</param>
/// <param name="Events">In the same order.</param>
internal sealed record StoredJob(string Id, int State, string? Result, string? Fault, long[] Numbers, IReadOnlyList<JsonElement> Events)
{
    public const int Succeeded = 2;

    public IEnumerable<string> Kinds => Events.Select(happened => happened.GetProperty("kind").GetString()!);
}
