using System.Runtime.InteropServices;
using Grpc.Core;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Vae.Tests;

/// <summary>The one tensor of a call's answer.</summary>
internal sealed record Answer(string Name, DataType DataType, long[] Shape, byte[] Bytes, CallFinished Finished)
{
    public float[] Floats => MemoryMarshal.Cast<byte, float>(Bytes.AsSpan()).ToArray();
}

/// <summary>Calls of the generated client, message by message.</summary>
internal static class VaeCalls
{
    public static VaeDecodeRequest Parameters(DataType output = DataType.Uint8, params string[] features) =>
        new() { Parameters = new VaeDecodeParameters { OutputDtype = output, RequiredFeatures = { features } } };

    public static VaeEncodeRequest Parameters(int height, int width, params string[] features) =>
        new() { Parameters = new VaeEncodeParameters { Height = height, Width = width, RequiredFeatures = { features } } };

    public static IEnumerable<TensorFrame> Frames(string name, DataType dtype, long[] shape, byte[] bytes, int index = 0, uint id = 7) =>
        TensorFrames.Split(new OutgoingTensor(name, dtype, shape, bytes, index), id, 1000);

    public static TensorFrame Header(string name, DataType dtype, long[] shape, ulong bytes) =>
        new() { TensorId = 1, Header = new TensorHeader { Name = name, Dtype = dtype, ByteLength = bytes, Shape = { shape } } };

    public static List<VaeDecodeRequest> Decode(IEnumerable<TensorFrame> frames, DataType output = DataType.Uint8) =>
        [Parameters(output), .. frames.Select(frame => new VaeDecodeRequest { Frame = frame })];

    public static List<VaeEncodeRequest> Encode(IEnumerable<TensorFrame> frames, int height = 0, int width = 0) =>
        [Parameters(height, width), .. frames.Select(frame => new VaeEncodeRequest { Frame = frame })];

    public static Task<Answer> DecodeAsync(this VaeStage.VaeStageClient client, IEnumerable<VaeDecodeRequest> requests, CancellationToken cancellation) =>
        ExchangeAsync(client.Decode(cancellationToken: cancellation), requests, response => (response.Started, response.Frame, response.Finished), cancellation);

    public static Task<Answer> EncodeAsync(this VaeStage.VaeStageClient client, IEnumerable<VaeEncodeRequest> requests, CancellationToken cancellation) =>
        ExchangeAsync(client.Encode(cancellationToken: cancellation), requests, response => (response.Started, response.Frame, response.Finished), cancellation);

    /// <summary>Sends the messages and reads why the call was refused.</summary>
    public static async Task<(StatusCode Code, StageFault Fault)> RefusedAsync<TRequest, TResponse>(
        AsyncDuplexStreamingCall<TRequest, TResponse> call, IEnumerable<TRequest> requests, CancellationToken cancellation)
    {
        using (call)
        {
            try
            {
                foreach (var request in requests)
                {
                    await call.RequestStream.WriteAsync(request, cancellation);
                }
                await call.RequestStream.CompleteAsync();
            }
            catch (RpcException)
            {
                // The call may be refused while it is still being sent; the status is read below.
            }
            var refused = await Assert.ThrowsAsync<RpcException>(async () =>
            {
                while (await call.ResponseStream.MoveNext(cancellation))
                {
                }
            });
            return (refused.StatusCode, Assert.IsType<StageFault>(StageFaults.Read(refused)));
        }
    }

    private static async Task<Answer> ExchangeAsync<TRequest, TResponse>(
        AsyncDuplexStreamingCall<TRequest, TResponse> call, IEnumerable<TRequest> requests,
        Func<TResponse, (CallStarted? Started, TensorFrame? Frame, CallFinished? Finished)> parts, CancellationToken cancellation)
    {
        using (call)
        {
            foreach (var request in requests)
            {
                await call.RequestStream.WriteAsync(request, cancellation);
            }
            await call.RequestStream.CompleteAsync();
            Assert.True(await call.ResponseStream.MoveNext(cancellation));
            Assert.NotNull(parts(call.ResponseStream.Current).Started);
            using var assembler = new TensorAssembler(new TensorLimits());
            CallFinished? finished = null;
            while (await call.ResponseStream.MoveNext(cancellation))
            {
                Assert.Null(finished);
                var (_, frame, end) = parts(call.ResponseStream.Current);
                finished = end;
                if (frame is not null)
                {
                    assembler.Accept(frame);
                }
            }
            Assert.NotNull(finished);
            using var tensors = assembler.Complete();
            var tensor = Assert.Single(tensors.All);
            return new Answer(tensor.Name, tensor.DataType, tensor.Shape, tensor.Bytes.ToArray(), finished);
        }
    }
}
