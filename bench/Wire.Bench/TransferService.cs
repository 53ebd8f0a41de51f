using Google.Protobuf;
using Grpc.Core;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Wire.Bench;

internal sealed class TransferService : Transfer.TransferBase
{
    private static readonly byte[] Source = new byte[TransferSizes.Total];

    public override async Task<Receipt> Upload(IAsyncStreamReader<Chunk> requestStream, ServerCallContext context)
    {
        var received = 0L;
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            received += requestStream.Current.Data.Length;
        }

        return new Receipt { Bytes = received };
    }

    public override async Task Download(Order request, IServerStreamWriter<Chunk> responseStream, ServerCallContext context)
    {
        var chunk = new Chunk { Data = UnsafeByteOperations.UnsafeWrap(Source.AsMemory(0, request.ChunkBytes)) };
        for (var sent = 0L; sent < request.Bytes; sent += request.ChunkBytes)
        {
            await responseStream.WriteAsync(chunk, context.CancellationToken);
        }
    }

    public override async Task<Receipt> UploadTensor(IAsyncStreamReader<TensorFrame> requestStream, ServerCallContext context)
    {
        using var assembler = new TensorAssembler(new TensorLimits());
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            assembler.Accept(requestStream.Current);
        }

        using var tensors = assembler.Complete();
        return new Receipt { Bytes = tensors.Demand("tensor").Bytes.Length };
    }

    public override async Task DownloadTensor(Order request, IServerStreamWriter<TensorFrame> responseStream, ServerCallContext context)
    {
        foreach (var frame in TensorFrames.Split(new OutgoingTensor("tensor", DataType.Uint8, [request.Bytes], Source), 0, request.ChunkBytes))
        {
            await responseStream.WriteAsync(frame, context.CancellationToken);
        }
    }
}
