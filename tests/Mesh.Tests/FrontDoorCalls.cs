using Grpc.Core;
using Grpc.Net.Client;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Mesh.Tests;

/// <summary>Whole pictures over gRPC.</summary>
internal static class FrontDoorCalls
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<List<GenerateEvent>> EventsAsync(GrpcChannel channel, GenerateRequest request)
    {
        using var call = new ImageGeneration.ImageGenerationClient(channel).Generate(request, deadline: DateTime.UtcNow.AddMinutes(3), cancellationToken: Token);
        return await call.ResponseStream.ReadAllAsync(Token).ToListAsync(Token);
    }

    /// <summary>The one picture's file.</summary>
    public static async Task<byte[]> DrawAsync(GrpcChannel channel, GenerateRequest request) => File(await EventsAsync(channel, request));

    public static byte[] File(IEnumerable<GenerateEvent> events) =>
        [.. events.Where(happened => happened.Image is not null).SelectMany(happened => happened.Image.Data.ToByteArray())];
}
