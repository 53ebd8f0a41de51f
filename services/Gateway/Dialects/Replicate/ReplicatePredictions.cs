using System.Text.Encodings.Web;
using System.Text.Json;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Replicate;

/// <summary>A job as the vendor's prediction object.</summary>
internal sealed class ReplicatePredictions(ResultUrls urls)
{
    private const string Time = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The object as JSON.</summary>
    public async Task<ReadOnlyMemory<byte>> JsonAsync(Job job, string baseAddress, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        await using (var json = new Utf8JsonWriter(body, Compact))
        {
            await WriteAsync(json, job, baseAddress, cancellationToken);
        }
        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    public async Task WriteAsync(Utf8JsonWriter json, Job job, string baseAddress, CancellationToken cancellationToken)
    {
        var extra = ReplicateExtra.Of(job);
        var output = (await urls.OfAsync(job, baseAddress, cancellationToken)).OfType<string>().ToArray();
        var isWithheld = job.State == JobState.Succeeded && output.Length == 0;
        json.WriteStartObject();
        json.WriteString("id", job.Id);
        json.WriteString("model", extra.Model);
        json.WriteString("version", extra.Version);
        WriteInput(json, job, extra);
        json.WriteString("logs", Logs(job));
        WriteOutput(json, output);
        json.WriteBoolean("data_removed", false);
        json.WriteString("error", isWithheld ? "The picture is withheld by this service's rules." : job.Fault?.Detail);
        json.WriteString("source", "api");
        json.WriteString("status", isWithheld ? "failed" : ReplicateStatus.Of(job.State));
        json.WriteString("created_at", Text(job.CreatedAt));
        json.WriteString("started_at", Text(job.StartedAt));
        json.WriteString("completed_at", Text(job.EndedAt));
        WriteMetrics(json, job);
        WriteUrls(json, job.Id, baseAddress);
        json.WriteEndObject();
    }

    /// <summary>A time as the vendor writes it.</summary>
    public static string? Text(DateTimeOffset? time) => time?.UtcDateTime.ToString(Time, System.Globalization.CultureInfo.InvariantCulture);

    private static void WriteInput(Utf8JsonWriter json, Job job, ReplicateExtra extra)
    {
        json.WriteStartObject("input");
        json.WriteString("prompt", job.Request.Prompt);
        if (job.Request.NegativePrompt is { } negative)
        {
            json.WriteString("negative_prompt", negative);
        }
        foreach (var (name, value) in extra.Input)
        {
            json.WritePropertyName(name);
            value.WriteTo(json);
        }
        json.WriteEndObject();
    }

    private static void WriteOutput(Utf8JsonWriter json, string[] output)
    {
        if (output.Length == 0)
        {
            json.WriteNull("output");
            return;
        }
        json.WriteStartArray("output");
        foreach (var address in output)
        {
            json.WriteStringValue(address);
        }
        json.WriteEndArray();
    }

    private static void WriteMetrics(Utf8JsonWriter json, Job job)
    {
        json.WriteStartObject("metrics");
        if (job is { StartedAt: { } started, EndedAt: { } ended })
        {
            json.WriteNumber("predict_time", Math.Max(0, (ended - started).TotalSeconds));
            json.WriteNumber("total_time", Math.Max(0, (ended - job.CreatedAt).TotalSeconds));
        }
        json.WriteEndObject();
    }

    private static void WriteUrls(Utf8JsonWriter json, string id, string baseAddress)
    {
        json.WriteStartObject("urls");
        json.WriteString("get", $"{baseAddress}/v1/predictions/{id}");
        json.WriteString("cancel", $"{baseAddress}/v1/predictions/{id}/cancel");
        json.WriteEndObject();
    }

    // In the form in which the vendor's clients look for seeds and for progress.
    private static string Logs(Job job) => job.StartedAt is null ? "" : job.StepsTotal == 0
        ? $"Using seed: {job.Request.Seed}\n"
        : $"Using seed: {job.Request.Seed}\n{job.Progress * 100,3:0}%|{new string('#', (int)(job.Progress * 10)),-10}| {job.StepsDone}/{job.StepsTotal}\n";
}
