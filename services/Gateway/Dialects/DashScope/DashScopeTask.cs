using System.Globalization;
using System.Text.Json;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.DashScope;

/// <summary>A job as the vendor tells it: {"request_id","output":{"task_id","task_status",...},"usage"}. Times are UTC.</summary>
internal static class DashScopeTask
{
    private const string Withheld = "Output data may contain inappropriate content.";

    public static Task WriteSubmittedAsync(HttpContext context, Job job) => JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, json =>
    {
        json.WriteStartObject("output");
        // Already ended when the client repeats a submission.
        json.WriteString("task_status", job.State == JobState.Succeeded ? "SUCCEEDED" : Word(job, urls: []));
        json.WriteString("task_id", job.Id);
        json.WriteEndObject();
        DashScopeErrors.WriteRequestId(json, context);
    });

    /// <summary>An id that nobody knows, or nobody knows any more.</summary>
    public static Task WriteUnknownAsync(HttpContext context, string id) => JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, json =>
    {
        DashScopeErrors.WriteRequestId(json, context);
        json.WriteStartObject("output");
        json.WriteString("task_id", Echo.Cut(id));
        json.WriteString("task_status", "UNKNOWN");
        json.WriteEndObject();
    });

    /// <param name="context">Of the request.</param>
    /// <param name="job">In any state.</param>
    /// <param name="urls">For each of its pictures; null for one that is withheld.</param>
    public static Task WriteAsync(HttpContext context, Job job, IReadOnlyList<string?> urls) => JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, json =>
    {
        DashScopeErrors.WriteRequestId(json, context);
        json.WriteStartObject("output");
        json.WriteString("task_id", job.Id);
        json.WriteString("task_status", Word(job, urls));
        WriteTime(json, "submit_time", job.CreatedAt);
        WriteTime(json, "scheduled_time", job.StartedAt);
        WriteTime(json, "end_time", job.EndedAt);
        WriteOutcome(json, job, urls);
        json.WriteEndObject();
        if (urls.Any(url => url is not null))
        {
            json.WriteStartObject("usage");
            json.WriteNumber("image_count", urls.Count(url => url is not null));
            json.WriteEndObject();
        }
    });

    private static string Word(Job job, IReadOnlyList<string?> urls) => job.State switch
    {
        JobState.Queued => "PENDING",
        JobState.Running => "RUNNING",
        JobState.Succeeded => urls.Any(url => url is not null) ? "SUCCEEDED" : "FAILED",
        JobState.Failed => "FAILED",
        _ => "CANCELED",
    };

    private static void WriteOutcome(Utf8JsonWriter json, Job job, IReadOnlyList<string?> urls)
    {
        if (job.Fault is { } fault)
        {
            json.WriteString("code", DashScopeErrors.Code(DialectError.From(fault)));
            json.WriteString("message", fault.Detail);
        }
        else if (job.State == JobState.Succeeded && urls.All(url => url is null))
        {
            json.WriteString("code", DashScopeErrors.Inspection);
            json.WriteString("message", Withheld);
        }
        else if (job.State == JobState.Succeeded)
        {
            WriteResults(json, job.Request.Prompt, urls);
        }
    }

    private static void WriteResults(Utf8JsonWriter json, string prompt, IReadOnlyList<string?> urls)
    {
        json.WriteStartArray("results");
        foreach (var url in urls)
        {
            json.WriteStartObject();
            if (url is null)
            {
                json.WriteString("code", DashScopeErrors.Inspection);
                json.WriteString("message", Withheld);
            }
            else
            {
                json.WriteString("orig_prompt", prompt);
                json.WriteString("actual_prompt", prompt);
                json.WriteString("url", url);
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } known)
        {
            json.WriteString(name, known.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture));
        }
    }
}
