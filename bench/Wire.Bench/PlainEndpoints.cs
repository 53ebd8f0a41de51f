using System.IO.Pipelines;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace QwenMesh.Wire.Bench;

/// <summary>The server's side of <see cref="PlainClient"/>.</summary>
internal static class PlainEndpoints
{
    private static readonly byte[] Chunk = new byte[TransferSizes.Chunk];

    public static void MapPlain(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/plain", ReceiveAsync);
        endpoints.MapGet("/plain/{length:long}", SendAsync);
    }

    private static async Task ReceiveAsync(HttpContext context)
    {
        ReadResult result;
        do
        {
            result = await context.Request.BodyReader.ReadAsync(context.RequestAborted);
            context.Request.BodyReader.AdvanceTo(result.Buffer.End);
        }
        while (!result.IsCompleted);
    }

    private static async Task SendAsync(long length, HttpResponse response)
    {
        for (var sent = 0L; sent < length; sent += Chunk.Length)
        {
            await response.BodyWriter.WriteAsync(Chunk);
        }
    }
}
