using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Testing;

namespace QwenMesh.Grpc.Tests.Client;

public sealed class ChannelTests
{
    [Fact]
    public void Address_is_checked()
    {
        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress(new Uri("relative", UriKind.Relative)));
        Assert.Throws<InvalidOperationException>(() => GrpcChannel.ForAddress("ftp://host"));
        Assert.Throws<ArgumentNullException>(() => GrpcChannel.ForAddress((string)null!));
        using var channel = GrpcChannel.ForAddress("https://host:5001/path");
        Assert.Equal("host:5001", channel.Target);
    }

    [Fact]
    public void Options_that_contradict_each_other_are_refused()
    {
        using var handler = new SocketsHttpHandler();
        using var client = new HttpClient(handler, disposeHandler: false);
        Assert.Throws<ArgumentException>(
            () => GrpcChannel.ForAddress("http://host", new GrpcChannelOptions { HttpClient = client, HttpHandler = handler }));
        Assert.Throws<InvalidOperationException>(
            () => GrpcChannel.ForAddress("http://host", new GrpcChannelOptions { Credentials = ChannelCredentials.SecureSsl }));
        Assert.Throws<InvalidOperationException>(
            () => GrpcChannel.ForAddress("https://host", new GrpcChannelOptions { Credentials = ChannelCredentials.Insecure }));
        Assert.Throws<InvalidOperationException>(
            () => GrpcChannel.ForAddress("https://host", new GrpcChannelOptions { Credentials = new SslCredentials("-----BEGIN CERTIFICATE-----") }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_http_client_is_used_and_disposed_only_when_asked(bool dispose)
    {
        await using var server = await ScriptedServer.StartWithBodyAsync(ScriptedServer.Frame(new Empty()));
        using var http = new HttpClient(new SocketsHttpHandler());
        var channel = GrpcChannel.ForAddress(server.Address, new GrpcChannelOptions { HttpClient = http, DisposeHttpClient = dispose });
        Assert.NotNull(await new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()));

        channel.Dispose();

        using var request = new HttpRequestMessage(HttpMethod.Post, server.Address) { Version = new Version(2, 0), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        if (dispose)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => http.SendAsync(request));
        }
        else
        {
            using var response = await http.SendAsync(request);
            Assert.True(response.IsSuccessStatusCode);
        }
    }

    [Fact]
    public async Task Interceptors_see_the_call()
    {
        await using var server = await ScriptedServer.StartWithBodyAsync(ScriptedServer.Frame(new Empty()));
        var interceptor = new NamingInterceptor();
        var client = new TestService.TestServiceClient(server.Channel.Intercept(interceptor));

        await client.EmptyCallAsync(new Empty());
        client.EmptyCall(new Empty(), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(["EmptyCall", "EmptyCall"], interceptor.Names);
    }

    [Fact]
    public async Task Two_hundred_calls_share_a_channel()
    {
        await using var server = await Interop.InteropHost.StartAsync();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{server.Port}");
        var client = new TestService.TestServiceClient(channel);

        var responses = await Task.WhenAll(Enumerable.Range(0, 200).Select(
            async size => (await client.UnaryCallAsync(new SimpleRequest { ResponseSize = size })).Payload?.Body.Length));

        Assert.Equal(Enumerable.Range(0, 200).Select(size => (int?)size), responses);
    }

    [Fact]
    public async Task Channel_recovers_after_the_server_was_away()
    {
        var first = await Interop.InteropHost.StartAsync();
        var port = first.Port;
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        var client = new TestService.TestServiceClient(channel);
        await client.EmptyCallAsync(new Empty());
        await first.DisposeAsync();

        await CallAssert.FailsAsync(StatusCode.Unavailable, client.EmptyCallAsync(new Empty()).ResponseAsync);

        await using var second = await Interop.InteropHost.StartAsync(port);
        Assert.NotNull(await client.EmptyCallAsync(new Empty()));
    }

    [Fact]
    public async Task Call_that_waits_for_ready_outlasts_a_server_that_is_not_there_yet()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        var client = new TestService.TestServiceClient(channel);
        using var upload = client.StreamingInputCall(new CallOptions().WithWaitForReady());
        var writing = upload.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = new Payload { Body = ByteString.CopyFromUtf8("four") } });
        await CallAssert.FailsAsync(StatusCode.Unavailable, client.EmptyCallAsync(new Empty()).ResponseAsync);
        await CallAssert.FailsAsync(
            StatusCode.DeadlineExceeded,
            client.EmptyCallAsync(new Empty(), new CallOptions(deadline: DateTime.UtcNow.AddMilliseconds(200)).WithWaitForReady()).ResponseAsync);

        await using var server = await Interop.InteropHost.StartAsync(port);

        await writing.WaitAsync(CallAssert.Patience);
        await upload.RequestStream.CompleteAsync();
        Assert.Equal(4, (await upload.ResponseAsync.WaitAsync(CallAssert.Patience)).AggregatedPayloadSize);
    }

    private sealed class NamingInterceptor : Interceptor
    {
        public List<string> Names { get; } = [];

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            Names.Add(context.Method.Name);
            return continuation(request, context);
        }

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            Names.Add(context.Method.Name);
            return continuation(request, context);
        }
    }
}
