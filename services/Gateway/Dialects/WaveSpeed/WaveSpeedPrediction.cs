using System.Globalization;
using System.Text.Json;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.WaveSpeed;

/// <summary>A job as the vendor shows it.</summary>
/// <param name="Job">As it is now.</param>
/// <param name="Input">What was submitted.</param>
/// <param name="Address">Where it is asked for again.</param>
/// <param name="Urls">Of its pictures, without those that are withheld; empty where files are shown.</param>
/// <param name="Files">Its pictures themselves; empty where addresses are shown.</param>
internal sealed record WaveSpeedPrediction(
    Job Job, WaveSpeedInput Input, string Address, IReadOnlyList<string> Urls, IReadOnlyList<ReadOnlyMemory<byte>> Files)
{
    /// <summary>Of an answer that did not wait for the end.</summary>
    public bool IsSyncTimeout { get; init; }

    /// <summary>The vendor's word for a job's state. It has none for one that was cancelled.</summary>
    public string Status => Job.State switch
    {
        JobState.Queued when !IsSyncTimeout => "created",
        JobState.Queued or JobState.Running => "processing",
        _ => WaveSpeedErrors.Of(Job) is null ? "completed" : "failed",
    };

    /// <summary>Writes the members of the envelope's data.</summary>
    /// <param name="json">Within the object.</param>
    /// <param name="withInput">Whether what was submitted is repeated.</param>
    /// <param name="withExecutionTime">Whether the whole time is told.</param>
    public void Write(Utf8JsonWriter json, bool withInput = false, bool withExecutionTime = false)
    {
        json.WriteString("id", Job.Id);
        json.WriteString("model", Input.Model);
        if (withInput)
        {
            json.WriteStartObject("input");
            Input.Write(json, Job.Request.Prompt);
            json.WriteEndObject();
        }
        WriteOutputs(json);
        json.WriteStartObject("urls");
        json.WriteString("get", Address);
        json.WriteEndObject();
        json.WriteStartArray("has_nsfw_contents");
        foreach (var picture in Job.Result?.Pictures ?? [])
        {
            json.WriteBooleanValue(picture.IsFiltered);
        }
        json.WriteEndArray();
        json.WriteString("status", Status);
        json.WriteString("created_at", Job.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'", CultureInfo.InvariantCulture));
        WriteError(json);
        json.WriteStartObject("timings");
        json.WriteNumber("inference", (long)Math.Round((Job.Result?.Timings.Total ?? 0) * 1000));
        json.WriteEndObject();
        if (withExecutionTime)
        {
            json.WriteNumber("executionTime", Job is { StartedAt: { } started, EndedAt: { } ended } ? (long)(ended - started).TotalMilliseconds : 0);
        }
    }

    private void WriteOutputs(Utf8JsonWriter json)
    {
        json.WriteStartArray("outputs");
        foreach (var url in Urls)
        {
            json.WriteStringValue(url);
        }
        foreach (var file in Files)
        {
            json.WriteBase64StringValue(file.Span);
        }
        json.WriteEndArray();
    }

    private void WriteError(Utf8JsonWriter json)
    {
        if (IsSyncTimeout)
        {
            json.WriteString("error", "Sync mode timed out; the task goes on, ask for its result later");
            json.WriteNumber("code", WaveSpeedErrors.TimedOut);
            return;
        }
        var failure = WaveSpeedErrors.Of(Job);
        json.WriteString("error", failure?.Text ?? "");
        if (failure is { } failed)
        {
            json.WriteNumber("code", failed.Code);
        }
    }
}
