using System.Runtime.InteropServices;
using Grpc.Core;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Denoiser.Tests.Service;

/// <summary>Everything that one call answered.</summary>
internal sealed record DenoiseAnswer(DenoiseStarted Started, List<DenoiseStep> Steps, long[] Shape, float[] Latents, CallFinished Finished)
{
    /// <summary>Previews and checkpoints, by name and steps done, in the order in which they came.</summary>
    public required IReadOnlyList<(string Name, int Step, float[] Values)> OnTheWay { get; init; }

    public static async Task<DenoiseAnswer> CallAsync(
        DenoiserStage.DenoiserStageClient client, IEnumerable<DenoiseRequest> messages, CancellationToken cancellationToken)
    {
        using var call = client.Denoise(cancellationToken: cancellationToken);
        await SendAsync(call, messages);
        var responses = call.ResponseStream;
        Assert.True(await responses.MoveNext(cancellationToken));
        var started = responses.Current.Started;
        Assert.NotNull(started);
        var steps = new List<DenoiseStep>();
        using var assembler = new TensorAssembler(new TensorLimits());
        while (await responses.MoveNext(cancellationToken))
        {
            switch (responses.Current.KindCase)
            {
                case DenoiseResponse.KindOneofCase.Step:
                    steps.Add(responses.Current.Step);
                    break;
                case DenoiseResponse.KindOneofCase.Frame:
                    assembler.Accept(responses.Current.Frame);
                    break;
                default:
                    var finished = responses.Current.Finished;
                    Assert.NotNull(finished);
                    Assert.False(await responses.MoveNext(cancellationToken));
                    Assert.Equal(started.Sigmas.Count - 1, steps.Count);
                    using (var tensors = assembler.Complete())
                    {
                        var latents = tensors.Demand("latents");
                        Assert.All(tensors.All, tensor => Assert.Equal(DataType.Float32, tensor.DataType));
                        return new(started, steps, latents.Shape, Floats(latents), finished)
                        {
                            OnTheWay = [.. tensors.All.Where(tensor => tensor != latents).Select(tensor => (tensor.Name, tensor.Index, Floats(tensor)))],
                        };
                    }
            }
        }
        throw new InvalidOperationException("the answer ended without a finished message");
    }

    private static float[] Floats(WireTensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.Bytes.Span).ToArray();

    /// <summary>Sends the messages and half-closes; a refusal on the way is left for the reader of the answer.</summary>
    public static async Task SendAsync(AsyncDuplexStreamingCall<DenoiseRequest, DenoiseResponse> call, IEnumerable<DenoiseRequest> messages)
    {
        try
        {
            foreach (var message in messages)
            {
                await call.RequestStream.WriteAsync(message);
            }
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
        }
    }
}
