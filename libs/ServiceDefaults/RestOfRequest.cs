using Microsoft.AspNetCore.Http;

namespace QwenMesh.ServiceDefaults;

/// <summary>
/// What a refused caller still sends. Kestrel resets a stream whose request was not read to its end and counts it for five seconds more; a caller with
/// some hundred early refusals on one connection would be told ENHANCE_YOUR_CALM in place of its answer.
/// </summary>
internal static class RestOfRequest
{
    private const long MostBytes = 1 << 20;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    /// <summary>Ends the answer, so that the caller has it, then reads the request for a moment more.</summary>
    public static async Task DropAsync(HttpContext context)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        bound.CancelAfter(Longest);
        try
        {
            await context.Response.CompleteAsync();
            var reader = context.Request.BodyReader;
            for (var left = MostBytes; left > 0;)
            {
                var read = await reader.ReadAsync(bound.Token);
                left -= read.Buffer.Length;
                reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException or InvalidOperationException)
        {
            // The caller has left, or sends more than is worth reading.
        }
    }
}
