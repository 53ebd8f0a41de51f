using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Net.Compression;
using Grpc.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using System.IO.Compression;

namespace QwenMesh.Grpc.Tests.Client;

/// <summary>Ordinary client code, as documented for Grpc.Net.Client: that it compiles is half of the test, that it works the other.</summary>
public sealed class DocumentedUsageTests : IAsyncLifetime
{
    private Interop.InteropHost? _server;

    private string Address => $"http://localhost:{_server!.Port}";

    public async ValueTask InitializeAsync() => _server = await Interop.InteropHost.StartAsync();

    public ValueTask DisposeAsync() => _server!.DisposeAsync();

    [Fact]
    public async Task Unary_call()
    {
        using var channel = GrpcChannel.ForAddress(Address);
        var client = new TestService.TestServiceClient(channel);

        var response = await client.UnaryCallAsync(new SimpleRequest { ResponseSize = 3 });
        Assert.Equal(3, response.Payload.Body.Length);

        response = client.UnaryCall(new SimpleRequest { ResponseSize = 4 }, deadline: DateTime.UtcNow.AddSeconds(20));
        Assert.Equal(4, response.Payload.Body.Length);

        using var call = client.UnaryCallAsync(new SimpleRequest());
        var headers = await call.ResponseHeadersAsync;
        Assert.NotNull(headers.GetValue("date"));
        await call.ResponseAsync;
        Assert.Equal(Status.DefaultSuccess, call.GetStatus());
        Assert.Empty(call.GetTrailers());
    }

    [Fact]
    public async Task Streaming_calls()
    {
        using var channel = GrpcChannel.ForAddress(new Uri(Address));
        var client = new TestService.TestServiceClient(channel);

        using (var call = client.StreamingOutputCall(new StreamingOutputCallRequest { ResponseParameters = { new ResponseParameters { Size = 1 } } }))
        {
            await foreach (var response in call.ResponseStream.ReadAllAsync())
            {
                Assert.Equal(1, response.Payload.Body.Length);
            }
        }

        using (var call = client.StreamingInputCall())
        {
            for (var i = 0; i < 3; i++)
            {
                await call.RequestStream.WriteAsync(new StreamingInputCallRequest());
            }

            await call.RequestStream.CompleteAsync();
            Assert.Equal(0, (await call).AggregatedPayloadSize);
        }

        using (var call = client.FullDuplexCall())
        {
            var reading = Task.Run(async () =>
            {
                await foreach (var response in call.ResponseStream.ReadAllAsync())
                {
                    Assert.Equal(2, response.Payload.Body.Length);
                }
            });
            await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseParameters = { new ResponseParameters { Size = 2 } } });
            await call.RequestStream.CompleteAsync();
            await reading;
        }
    }

    [Fact]
    public async Task Configured_channel()
    {
        using var handler = new SocketsHttpHandler
        {
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            KeepAlivePingDelay = TimeSpan.FromSeconds(60),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(30),
            EnableMultipleHttp2Connections = true,
        };
        using var channel = GrpcChannel.ForAddress(Address, new GrpcChannelOptions
        {
            HttpHandler = handler,
            LoggerFactory = NullLoggerFactory.Instance,
            MaxReceiveMessageSize = 5 * 1024 * 1024,
            MaxSendMessageSize = 2 * 1024 * 1024,
            Credentials = ChannelCredentials.Insecure,
            CompressionProviders = [new GzipCompressionProvider(CompressionLevel.Optimal)],
            ThrowOperationCanceledOnCancellation = true,
        });
        var client = new TestService.TestServiceClient(channel.Intercept(metadata =>
        {
            metadata.Add("grpc-internal-encoding-request", "gzip");
            return metadata;
        }));
        var request = new SimpleRequest { ExpectCompressed = new BoolValue { Value = true }, ResponseSize = 10 };

        Assert.Equal(10, (await client.UnaryCallAsync(request)).Payload.Body.Length);
        await channel.ShutdownAsync();
    }

    [Fact]
    public async Task Errors_and_cancellation()
    {
        using var channel = GrpcChannel.ForAddress(Address);
        var client = new TestService.TestServiceClient(channel);
        try
        {
            await client.UnaryCallAsync(new SimpleRequest { ResponseStatus = new EchoStatus { Code = 5, Message = "none" } });
            Assert.Fail("The call should have failed.");
        }
        catch (RpcException ex) when (ex.StatusCode == StatusCode.NotFound)
        {
            Assert.Equal("none", ex.Status.Detail);
        }

        using var source = new CancellationTokenSource();
        using var call = client.FullDuplexCall(new CallOptions(cancellationToken: source.Token).WithHeaders([]));
        await source.CancelAsync();
        var cancelled = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.Cancelled, cancelled.StatusCode);
    }
}
