using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace QwenMesh.ServiceDefaults;

/// <summary>
/// What a refused caller still sends. It is read before the answer is ended: a .NET caller that learns of the end while it writes resets its stream and
/// still sends the frame that it had begun, for which Kestrel ends the connection with STREAM_CLOSED, and with it every other call of that caller.
/// It is read after the answer, too: Kestrel resets a stream whose request was not read to its end and counts it for five seconds more; a caller with
/// some hundred early refusals on one connection would be told ENHANCE_YOUR_CALM in place of its answer.
/// </summary>
internal static class RestOfRequest
{
    // The tensors of one large picture.
    private const long MostBytes = 32 << 20;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    // A caller that sends nothing for that long waits for its answer.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Reads the request until the caller pauses, ends the answer, so that the caller has it, then reads for a moment more.</summary>
    public static async Task DropAsync(HttpContext context)
    {
        try
        {
            if (await EndsAsync(context, Pause))
            {
                return;
            }
            await context.Response.CompleteAsync();
            await EndsAsync(context, Longest);
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException or InvalidOperationException)
        {
            // The caller has left.
        }
    }

    /// <summary>Whether the request came to its end before the caller paused, or had sent more than is worth reading.</summary>
    private static async Task<bool> EndsAsync(HttpContext context, TimeSpan pause)
    {
        using var paused = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var started = Stopwatch.GetTimestamp();
        try
        {
            for (var left = MostBytes; left > 0 && Stopwatch.GetElapsedTime(started) < Longest;)
            {
                paused.CancelAfter(pause);
                var read = await context.Request.BodyReader.ReadAsync(paused.Token);
                left -= read.Buffer.Length;
                context.Request.BodyReader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    return true;
                }
            }
        }
        catch (OperationCanceledException) when (paused.IsCancellationRequested)
        {
            // It waits for its answer, or has left.
        }
        return false;
    }
}
