using System.Buffers;
using Microsoft.AspNetCore.Http.Features;

namespace QwenMesh.Gateway.Dialects.Json;

/// <summary>
/// Reads a request's body up to a limit. Of a larger one the rest is read and dropped, up to twice the limit and for ten seconds: most clients read
/// the answer only when they have sent everything, and would see a broken connection in place of the 413.
/// </summary>
internal static class BoundedBody
{
    private const int Chunk = 64 << 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <exception cref="JsonBodyException">Larger than <paramref name="maxBytes"/>, or broken.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context, long maxBytes)
    {
        if (context.Request.ContentLength > maxBytes && context.Request.Headers.Expect.Count > 0)
        {
            throw TooLarge(maxBytes); // The client has sent nothing yet, and asks whether it shall.
        }
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null; // The server's own limit would refuse to read any more. Bytes are counted here.
        }
        var chunk = ArrayPool<byte>.Shared.Rent(Chunk);
        try
        {
            // Grows with what arrives, not with what is announced.
            using var body = new MemoryStream();
            int read;
            while (body.Length <= maxBytes && (read = await context.Request.Body.ReadAsync(chunk, context.RequestAborted)) > 0)
            {
                body.Write(chunk, 0, read);
            }
            if (body.Length > maxBytes)
            {
                await DropAsync(context, chunk, 2 * maxBytes);
                throw TooLarge(maxBytes);
            }
            return body.GetBuffer().AsMemory(0, (int)body.Length);
        }
        catch (BadHttpRequestException exception)
        {
            throw new JsonBodyException(exception.StatusCode, 0, exception.Message);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private static async Task DropAsync(HttpContext context, byte[] chunk, long most)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(Patience);
        try
        {
            int read;
            while (most > 0 && (read = await context.Request.Body.ReadAsync(chunk, patience.Token)) > 0)
            {
                most -= read;
            }
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
        }
    }

    private static JsonBodyException TooLarge(long maxBytes) =>
        new(StatusCodes.Status413PayloadTooLarge, 0, $"the request body is larger than {maxBytes} bytes");
}
