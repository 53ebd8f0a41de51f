using System.Globalization;
using System.Text.Json;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Novita;

/// <summary>The answer of task-result, and the payload of webhooks. Numbers in "extra" and the times to live are strings, as the vendor has them.</summary>
internal sealed class NovitaResult(ResultUrls results, TimeProvider time)
{
    /// <summary>What writes the members of the object.</summary>
    public async Task<Action<Utf8JsonWriter>> OfAsync(Job job, string baseAddress, CancellationToken cancellationToken)
    {
        var (status, reason) = NovitaStatus.Of(job, NovitaTask.Of(job).Test);
        var addresses = status == NovitaStatus.Succeeded ? await results.OfAsync(job, baseAddress, cancellationToken) : [];
        return json =>
        {
            WriteExtra(json, job);
            json.WriteStartObject("task");
            json.WriteString("task_id", job.Id);
            json.WriteString("task_type", NovitaTask.TypeOf(job));
            json.WriteString("status", status);
            json.WriteString("reason", reason);
            json.WriteNumber("eta", Eta(job));
            json.WriteNumber("progress_percent", (int)(job.Progress * 100));
            json.WriteEndObject();
            WriteImages(json, job, addresses);
            foreach (var name in new[] { "videos", "audios" })
            {
                json.WriteStartArray(name);
                json.WriteEndArray();
            }
        };
    }

    private static void WriteExtra(Utf8JsonWriter json, Job job)
    {
        json.WriteStartObject("extra");
        json.WriteString("seed", job.Request.Seed.ToString(CultureInfo.InvariantCulture));
        json.WriteBoolean("enable_nsfw_detection", false);
        json.WriteStartObject("debug_info");
        json.WriteString("request_info", "");
        json.WriteString("submit_time_ms", Milliseconds(job.CreatedAt));
        json.WriteString("execute_time_ms", Milliseconds(job.StartedAt));
        json.WriteString("complete_time_ms", Milliseconds(job.EndedAt));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteImages(Utf8JsonWriter json, Job job, IReadOnlyList<string?> addresses)
    {
        json.WriteStartArray("images");
        foreach (var address in addresses.OfType<string>())
        {
            json.WriteStartObject();
            json.WriteString("image_url", address);
            json.WriteString("image_url_ttl", Math.Max(0, (long)(job.ExpiresAt - time.GetUtcNow()).TotalSeconds).ToString(CultureInfo.InvariantCulture));
            json.WriteString("image_type", job.Request.Format.ToString().ToLowerInvariant());
            json.WriteNull("nsfw_detection_result");
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    // Seconds, by what has been done since the begin; 0 where nothing is known.
    private long Eta(Job job) => job is { State: JobState.Running, StartedAt: { } started, Progress: > 0 and var done }
        ? (long)Math.Ceiling((time.GetUtcNow() - started).TotalSeconds * (1 - done) / done)
        : 0;

    private static string Milliseconds(DateTimeOffset? at) => at?.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) ?? "";
}
