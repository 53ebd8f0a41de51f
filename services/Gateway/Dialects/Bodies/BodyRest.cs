using System.Buffers;
using Microsoft.AspNetCore.Http.Features;

namespace QwenMesh.Gateway.Dialects.Bodies;

/// <summary>
/// Reads and drops what a refused client still sends, up to a number of bytes and for ten seconds: most clients read the answer only when they have
/// sent everything, and would see a broken connection in place of it.
/// </summary>
internal static class BodyRest
{
    private const int Chunk = 16 << 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The server's own limit would refuse to read any more than it. Bytes are counted here.</summary>
    public static void LiftLimit(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }
    }

    public static async Task DropAsync(HttpContext context, long most)
    {
        if (context.Request.Headers.Expect.Count > 0)
        {
            return; // The client has been told before it sent anything.
        }
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(Patience);
        var chunk = ArrayPool<byte>.Shared.Rent(Chunk);
        try
        {
            LiftLimit(context);
            int read;
            while (most > 0 && (read = await context.Request.Body.ReadAsync(chunk, patience.Token)) > 0)
            {
                most -= read;
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or InvalidOperationException)
        {
            // It went away, took too long or sent no chunks: it has its answer.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }
}
