using System.Globalization;
using System.Text.Json;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Fal;

/// <summary>Where a request is, as the queue tells it.</summary>
/// <param name="Job">As it is now.</param>
/// <param name="BaseAddress">How the client reaches this Gateway.</param>
/// <param name="Position">Requests of its owner that wait before it.</param>
internal sealed record FalStatus(Job Job, string BaseAddress, int Position)
{
    /// <summary>The members of the object; failed and cancelled requests are completed, too.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="logs">Lines; empty when none are asked for.</param>
    public void Write(Utf8JsonWriter json, IReadOnlyList<FalLog> logs)
    {
        json.WriteString("status", Word);
        WriteIdentity(json);
        if (Job.State == JobState.Queued)
        {
            json.WriteNumber("queue_position", Position);
            return;
        }
        WriteLogs(json, logs);
        if (!Job.State.IsEnd())
        {
            return;
        }
        json.WriteStartObject("metrics");
        json.WriteNumber("inference_time", Math.Round(Job.Result?.Timings.Total ?? (Job.EndedAt - (Job.StartedAt ?? Job.EndedAt))?.TotalSeconds ?? 0, 3));
        json.WriteEndObject();
        if (FailureOf(Job) is { } failure)
        {
            json.WriteString("error", failure.Detail);
        }
    }

    /// <summary>The answer to a submission.</summary>
    public void WriteSubmitted(Utf8JsonWriter json)
    {
        json.WriteString("status", Word);
        WriteIdentity(json);
        json.WriteString("gateway_request_id", Job.Id);
        json.WriteNumber("queue_position", Position);
    }

    private string Word => Job.State switch
    {
        JobState.Queued => "IN_QUEUE",
        JobState.Running => "IN_PROGRESS",
        _ => "COMPLETED",
    };

    /// <summary>Why there is no picture; null when there is one, or may be.</summary>
    public static DialectError? FailureOf(Job job) => job.State switch
    {
        JobState.Failed => DialectError.From(job.Fault ?? JobFaults.Gone),
        JobState.Cancelled => DialectError.From(JobFaults.Cancelled),
        _ => null,
    };

    private void WriteIdentity(Utf8JsonWriter json)
    {
        var url = $"{BaseAddress}{FalEndpoints.Queue}/{FalExtra.Of(Job).Alias}/requests/{Job.Id}";
        json.WriteString("request_id", Job.Id);
        json.WriteString("response_url", url);
        json.WriteString("status_url", url + "/status");
        json.WriteString("cancel_url", url + "/cancel");
    }

    private static void WriteLogs(Utf8JsonWriter json, IReadOnlyList<FalLog> logs)
    {
        json.WriteStartArray("logs");
        foreach (var log in logs)
        {
            json.WriteStartObject();
            json.WriteString("message", log.Message);
            json.WriteString("level", log.Level);
            json.WriteString("source", "USER");
            json.WriteString("timestamp", log.At.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
