using Grpc.Core;
using Grpc.Net.Client;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;
using QwenMesh.Wire.Tests.Hosting;

namespace QwenMesh.Wire.Tests.Calls;

/// <summary>Prompt to pixels through the generated clients, with the numbers that every client of these tests uses.</summary>
internal static class GeneratedClient
{
    public const string Prompt = "a big red circle on a blue background 圆";
    public const int Cells = 10;
    public const int Steps = 3;
    public const ulong Seed = 7;

    /// <summary>[320, 320, 3], three chunks of it.</summary>
    public static async Task<byte[]> PictureAsync(Uri encoder, Uri denoiser, Uri vae)
    {
        using var channels = new Channels(encoder, denoiser, vae);
        using var embeds = await TensorAsync(
            new EncoderStage.EncoderStageClient(channels.Encoder).Encode(cancellationToken: Bound.Token), Requests.Encode(Prompt), answer => answer.Frame);
        using var latents = await TensorAsync(
            new DenoiserStage.DenoiserStageClient(channels.Denoiser).Denoise(cancellationToken: Bound.Token),
            Requests.Denoise(Cells, Steps, Seed, embeds.Shape, embeds.Bytes), answer => answer.Frame);
        using var image = await TensorAsync(
            new VaeStage.VaeStageClient(channels.Vae).Decode(cancellationToken: Bound.Token), Requests.Decode(latents.Shape, latents.Bytes), answer => answer.Frame);
        return image.Bytes.ToArray();
    }

    /// <summary>Sends everything and puts the one tensor of the answer together.</summary>
    public static async Task<WireTensor> TensorAsync<TRequest, TResponse>(
        AsyncDuplexStreamingCall<TRequest, TResponse> call, IEnumerable<TRequest> requests, Func<TResponse, TensorFrame?> frame)
    {
        var bound = Bound.Token;
        using (call)
        {
            foreach (var request in requests)
            {
                await call.RequestStream.WriteAsync(request, bound);
            }
            await call.RequestStream.CompleteAsync();
            using var assembler = new TensorAssembler(new TensorLimits());
            while (await call.ResponseStream.MoveNext(bound))
            {
                if (frame(call.ResponseStream.Current) is { } next)
                {
                    assembler.Accept(next);
                }
            }
            using var tensors = assembler.Complete();
            return tensors.Take(Assert.Single(tensors.All));
        }
    }

    private sealed class Channels(Uri encoder, Uri denoiser, Uri vae) : IDisposable
    {
        public GrpcChannel Encoder { get; } = GrpcChannel.ForAddress(encoder);

        public GrpcChannel Denoiser { get; } = GrpcChannel.ForAddress(denoiser);

        public GrpcChannel Vae { get; } = GrpcChannel.ForAddress(vae);

        public void Dispose()
        {
            Encoder.Dispose();
            Denoiser.Dispose();
            Vae.Dispose();
        }
    }
}
