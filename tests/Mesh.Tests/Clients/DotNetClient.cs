using System.ClientModel;
using System.ClientModel.Primitives;
using OpenAI;
using OpenAI.Images;

namespace QwenMesh.Mesh.Tests.Clients;

/// <summary>The vendor's client for .NET. Its typed calls have no fields but the vendor's, so the model's own number of steps is drawn.</summary>
internal static class DotNetClient
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    public static async Task<byte[]> DrawAsync(Uri gateway, ClientCall call, CancellationToken cancellationToken)
    {
        var options = new OpenAIClientOptions { Endpoint = new Uri(gateway, "/v1"), NetworkTimeout = Longest, RetryPolicy = new ClientRetryPolicy(maxRetries: 0) };
        var client = new ImageClient("qwen-image-edit", new ApiKeyCredential("none"), options);
        var size = new GeneratedImageSize(call.Side, call.Side);
        if (call.Picture is null)
        {
            return Bytes(await client.GenerateImageAsync(call.Prompt, new ImageGenerationOptions { Size = size }, cancellationToken));
        }
        using var picture = new MemoryStream(call.Picture);
        var edit = new ImageEditOptions { Size = size };
        if (call.Mask is null)
        {
            return Bytes(await client.GenerateImageEditAsync(picture, "picture.png", call.Prompt, edit, cancellationToken));
        }
        using var mask = new MemoryStream(call.Mask);
        return Bytes(await client.GenerateImageEditAsync(picture, "picture.png", call.Prompt, mask, "mask.png", edit, cancellationToken));
    }

    private static byte[] Bytes(ClientResult<GeneratedImage> answer) => answer.Value.ImageBytes.ToArray();
}
