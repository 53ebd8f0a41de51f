using System.Text.Json;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.DashScope;

/// <summary>The synchronous answer: one message with the address of every picture.</summary>
internal static class DashScopeResponse
{
    /// <param name="context">Of the request.</param>
    /// <param name="pictures">Of the job; at least one is shown.</param>
    /// <param name="urls">For each; null for one that is withheld.</param>
    public static Task WriteAsync(HttpContext context, IReadOnlyList<JobPicture> pictures, IReadOnlyList<string?> urls) =>
        JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, json =>
        {
            var shown = urls.OfType<string>().ToArray();
            json.WriteStartObject("output");
            json.WriteStartArray("choices");
            json.WriteStartObject();
            json.WriteString("finish_reason", "stop");
            json.WriteStartObject("message");
            json.WriteString("role", "assistant");
            json.WriteStartArray("content");
            foreach (var url in shown)
            {
                json.WriteStartObject();
                json.WriteString("image", url);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteStartObject("task_metric");
            json.WriteNumber("TOTAL", urls.Count);
            json.WriteNumber("SUCCEEDED", shown.Length);
            json.WriteNumber("FAILED", urls.Count - shown.Length);
            json.WriteEndObject();
            json.WriteEndObject();
            WriteUsage(json, shown.Length, pictures[0]);
            DashScopeErrors.WriteRequestId(json, context);
        });

    private static void WriteUsage(Utf8JsonWriter json, int count, JobPicture picture)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("image_count", count);
        json.WriteNumber("width", picture.Size.Width);
        json.WriteNumber("height", picture.Size.Height);
        json.WriteEndObject();
    }
}
