using System.Text.Encodings.Web;
using System.Text.Json;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Replicate;

/// <summary>{"previous":null,"next":"https://.../v1/predictions?cursor=...","results":[...]}, the newest first.</summary>
internal static class ReplicateList
{
    public const int PageSize = 100;

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task WriteAsync(DialectCall call, IDialect dialect, JobQueue queue, ReplicatePredictions predictions)
    {
        var cursor = call.Context.Request.Query["cursor"].ToString() is { Length: > 0 } text ? ReplicateCursor.Read(text) : null;
        var page = await queue.ListAsync(Query(call, dialect, cursor), call.Aborted);
        var jobs = page.Jobs.Take(PageSize).ToArray();
        var next = page.Jobs.Count > PageSize ? new ReplicateCursor(cursor?.Anchor ?? jobs[0].Id, (cursor?.Offset ?? 0) + PageSize) : null;
        using var body = new MemoryStream();
        await using (var json = new Utf8JsonWriter(body, Compact))
        {
            json.WriteStartObject();
            json.WriteString("previous", Previous(call, cursor));
            json.WriteString("next", next is null ? null : Address(call, next));
            json.WriteStartArray("results");
            foreach (var job in jobs)
            {
                await predictions.WriteAsync(json, job, call.BaseAddress, call.Aborted);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        call.Context.Response.ContentType = "application/json";
        call.Context.Response.ContentLength = body.Length;
        await call.Context.Response.BodyWriter.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), call.Aborted);
    }

    // One more than is shown tells whether there is a next page.
    private static JobQuery Query(DialectCall call, IDialect dialect, ReplicateCursor? cursor) => new()
    {
        Owner = call.Owner,
        Dialect = dialect.Name,
        AfterId = cursor?.Anchor,
        Skip = cursor is null ? 0 : cursor.Offset - 1,
        Take = PageSize + 1,
    };

    // The first page has no cursor, and shows what has come since.
    private static string? Previous(DialectCall call, ReplicateCursor? cursor) => cursor is null ? null
        : cursor.Offset <= PageSize ? $"{call.BaseAddress}/v1/predictions"
        : Address(call, cursor with { Offset = cursor.Offset - PageSize });

    private static string Address(DialectCall call, ReplicateCursor cursor) => $"{call.BaseAddress}/v1/predictions?cursor={cursor}";
}
