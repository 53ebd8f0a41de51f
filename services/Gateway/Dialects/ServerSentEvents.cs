using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace QwenMesh.Gateway.Dialects;

/// <summary>
/// An answer of server-sent events, each flushed by itself: "event: NAME", "data: JSON" in one line, compact, with \n alone as the end of a line; some clients
/// read it with awk. Never an "id:": with one, clients take a comment for an event.
/// </summary>
internal sealed class ServerSentEvents(HttpContext context)
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly PipeWriter _body = context.Response.BodyWriter;

    /// <summary>Sends the headers; they go with the first event or comment otherwise.</summary>
    public async Task StartAsync()
    {
        if (context.Response.HasStarted)
        {
            return;
        }
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache, no-transform";
        context.Response.Headers["X-Accel-Buffering"] = "no"; // nginx would hold events back.
        await context.Response.StartAsync(context.RequestAborted);
        // Started is not sent: a client waits for the headers until something is flushed.
        await _body.FlushAsync(context.RequestAborted);
    }

    /// <param name="name">Null for none.</param>
    /// <param name="members">Writes the members of the object that is the data.</param>
    /// <param name="comment">A line behind it that clients skip; null for none.</param>
    public async Task WriteAsync(string? name, Action<Utf8JsonWriter> members, string? comment = null)
    {
        await StartAsync();
        if (name is not null)
        {
            Text($"event: {name}\n");
        }
        Text("data: ");
        await using (var json = new Utf8JsonWriter((IBufferWriter<byte>)_body, Compact))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }
        Text(comment is null ? "\n\n" : $"\n\n: {comment}\n\n");
        await _body.FlushAsync(context.RequestAborted);
    }

    /// <summary>A line that clients skip, so that proxies see life.</summary>
    public async Task CommentAsync(string text)
    {
        await StartAsync();
        Text($": {text}\n\n");
        await _body.FlushAsync(context.RequestAborted);
    }

    /// <summary>Waits for what comes next, with a comment after each quiet time: proxies close what is silent.</summary>
    public async Task<T> WaitAsync<T>(Task<T> next, TimeSpan quiet, TimeProvider time, string comment)
    {
        while (await Task.WhenAny(next, Task.Delay(quiet, time, context.RequestAborted)) != next)
        {
            context.RequestAborted.ThrowIfCancellationRequested();
            await CommentAsync(comment);
        }
        return await next;
    }

    /// <summary>Data that is no JSON, e.g. "[DONE]".</summary>
    public async Task WriteRawAsync(string data)
    {
        await StartAsync();
        Text($"data: {data}\n\n");
        await _body.FlushAsync(context.RequestAborted);
    }

    private void Text(string text) => Encoding.UTF8.GetBytes(text, _body);
}
