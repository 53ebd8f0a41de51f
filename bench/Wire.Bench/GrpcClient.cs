using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using QwenMesh.Protocol.V1;
using QwenMesh.ServiceDefaults;
using QwenMesh.TensorWire;

namespace QwenMesh.Wire.Bench;

internal sealed class GrpcClient(int port) : IDisposable
{
    private static readonly byte[] Source = new byte[TransferSizes.Total];

    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(
        $"http://127.0.0.1:{port}",
        new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { InitialHttp2StreamWindowSize = TensorTransport.StreamWindow }, DisposeHttpClient = true });

    private Transfer.TransferClient Client => new(_channel);

    public async Task UploadAsync(long length)
    {
        using var call = Client.Upload();
        var chunk = new Chunk { Data = UnsafeByteOperations.UnsafeWrap(Source.AsMemory(0, TransferSizes.Chunk)) };
        for (var sent = 0L; sent < length; sent += TransferSizes.Chunk)
        {
            await call.RequestStream.WriteAsync(chunk);
        }

        await call.RequestStream.CompleteAsync();
        Check((await call).Bytes, length);
    }

    public async Task DownloadAsync(long length)
    {
        using var call = Client.Download(new Order { Bytes = length, ChunkBytes = TransferSizes.Chunk });
        var received = 0L;
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            received += call.ResponseStream.Current.Data.Length;
        }

        Check(received, length);
    }

    public async Task UploadTensorAsync(long length)
    {
        using var call = Client.UploadTensor();
        foreach (var frame in TensorFrames.Split(new OutgoingTensor("tensor", DataType.Uint8, [length], Source), 0, TransferSizes.Chunk))
        {
            await call.RequestStream.WriteAsync(frame);
        }

        await call.RequestStream.CompleteAsync();
        Check((await call).Bytes, length);
    }

    public async Task DownloadTensorAsync(long length)
    {
        using var call = Client.DownloadTensor(new Order { Bytes = length, ChunkBytes = TransferSizes.Chunk });
        using var assembler = new TensorAssembler(new TensorLimits());
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            assembler.Accept(call.ResponseStream.Current);
        }

        using var tensors = assembler.Complete();
        Check(tensors.Demand("tensor").Bytes.Length, length);
    }

    public void Dispose() => _channel.Dispose();

    private static void Check(long received, long sent)
    {
        if (received != sent)
        {
            throw new InvalidOperationException($"{received} of {sent} bytes arrived.");
        }
    }
}
