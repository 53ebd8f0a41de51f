using System.Buffers;
using System.Net;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;

namespace QwenMesh.Grpc.Tests.Client;

/// <summary>A large field is copied once on its way out: the memory that the serializer filled is the memory that the request stream gets.</summary>
public sealed class CopyTests
{
    private const int FieldSize = 16 << 20;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Request_stream_gets_the_memory_that_the_serializer_filled(bool streaming)
    {
        var filled = new RecordingWriter();
        var sent = new RecordingHandler();
        using var channel = GrpcChannel.ForAddress("http://127.0.0.1:1", new GrpcChannelOptions { HttpHandler = sent });
        var request = new SimpleRequest { Payload = new Payload { Body = UnsafeByteOperations.UnsafeWrap(new byte[FieldSize]) } };
        var method = new Method<SimpleRequest, SimpleResponse>(
            streaming ? MethodType.ClientStreaming : MethodType.Unary,
            "test.Copies",
            "Send",
            new Marshaller<SimpleRequest>(
                (message, context) =>
                {
                    context.SetPayloadLength(message.CalculateSize());
                    message.WriteTo(filled.Around(context.GetBufferWriter()));
                    context.Complete();
                },
                context => SimpleRequest.Parser.ParseFrom(context.PayloadAsReadOnlySequence())),
            Marshallers.Create(message => message.ToByteArray(), SimpleResponse.Parser.ParseFrom));

        if (streaming)
        {
            using var call = channel.CreateCallInvoker().AsyncClientStreamingCall(method, null, new CallOptions());
            await call.RequestStream.WriteAsync(request);
            await call.RequestStream.CompleteAsync();
            await call;
        }
        else
        {
            await channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(), request);
        }

        Assert.Equal(request.CalculateSize() + 5, sent.Written.Sum(segment => segment.Count));
        Assert.All(sent.Written, segment => Assert.Contains(segment.Array, filled.Arrays));
    }

    /// <summary>Notes the arrays behind the memory that a serializer asks for.</summary>
    private sealed class RecordingWriter : IBufferWriter<byte>
    {
        private IBufferWriter<byte>? _inner;

        public HashSet<byte[]?> Arrays { get; } = [];

        public RecordingWriter Around(IBufferWriter<byte> inner)
        {
            _inner = inner;
            return this;
        }

        public void Advance(int count) => _inner!.Advance(count);

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            var memory = _inner!.GetMemory(sizeHint);
            Assert.True(MemoryMarshal.TryGetArray<byte>(memory, out var segment));
            Arrays.Add(segment.Array);
            return memory;
        }

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }

    /// <summary>Takes the request's body as a connection would and answers with an empty message.</summary>
    private sealed class RecordingHandler : HttpMessageHandler
    {
        public List<ArraySegment<byte>> Written { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await using var stream = new RecordingStream(Written);
            await request.Content!.CopyToAsync(stream, cancellationToken);
            var response = new HttpResponseMessage(HttpStatusCode.OK)
            {
                Version = HttpVersion.Version20,
                Content = new ByteArrayContent(new byte[5]) { Headers = { { "content-type", "application/grpc" } } },
            };
            response.TrailingHeaders.Add("grpc-status", "0");
            return response;
        }
    }

    private sealed class RecordingStream(List<ArraySegment<byte>> written) : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Assert.True(MemoryMarshal.TryGetArray(buffer, out var segment));
            if (segment.Count > 0)
            {
                written.Add(segment);
            }

            return ValueTask.CompletedTask;
        }
    }
}
