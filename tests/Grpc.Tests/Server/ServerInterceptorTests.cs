using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace QwenMesh.Grpc.Tests.Server;

public sealed class ServerInterceptorTests
{
    private static readonly string[] Paths = [RawCalls.Echo, RawCalls.Join, RawCalls.Repeat, RawCalls.Chat];

    [Fact]
    public async Task Interceptors_run_outermost_first_for_every_call_type_and_see_the_failures()
    {
        var log = new List<string>();
        await using var server = await ProbeServer.StartAsync(
            options =>
            {
                options.Interceptors.Add<Recorder>("outer");
                options.Interceptors.Add<Recorder>("inner");
            },
            services =>
            {
                services.AddSingleton(log);
                services.AddGrpc().AddServiceOptions<ProbeService>(options => options.Interceptors.Add<Recorder>("service"));
            });

        foreach (var path in Paths)
        {
            log.Clear();
            var reply = await server.Calls.CallAsync(path, new ProbeMessage());
            Assert.Equal(StatusCode.OK, reply.Status);
            Assert.Equal(
                ["+outer", "+inner", "+service", "-service", "~service", "-inner", "~inner", "-outer", "~outer"], log);
        }

        (await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Text = "throw" })).ShouldFail(StatusCode.Unknown);
    }

    [Fact]
    public async Task An_interceptor_can_answer_in_place_of_the_service()
    {
        await using var server = await ProbeServer.StartAsync(options => options.Interceptors.Add<Refusal>());

        foreach (var path in Paths)
        {
            (await server.Calls.CallAsync(path, new ProbeMessage())).ShouldFail(StatusCode.Unauthenticated, "not you");
        }
    }

    [Fact]
    public async Task An_interceptor_from_the_container_is_shared()
    {
        var shared = new Refusal();
        await using var server = await ProbeServer.StartAsync(
            options => options.Interceptors.Add<Refusal>(), services => services.AddSingleton(shared));

        await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage());
        await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage());

        Assert.Equal(2, shared.Calls);
    }

    private sealed class Recorder(string name, List<string> log) : Interceptor, IDisposable
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
            RecordAsync(() => continuation(request, context));

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream,
            ServerCallContext context,
            ClientStreamingServerMethod<TRequest, TResponse> continuation) => RecordAsync(() => continuation(requestStream, context));

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            ServerStreamingServerMethod<TRequest, TResponse> continuation) => RecordAsync(async () =>
            {
                await continuation(request, responseStream, context);
                return 0;
            });

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            DuplexStreamingServerMethod<TRequest, TResponse> continuation) => RecordAsync(async () =>
            {
                await continuation(requestStream, responseStream, context);
                return 0;
            });

        public void Dispose() => log.Add("~" + name);

        private async Task<T> RecordAsync<T>(Func<Task<T>> next)
        {
            log.Add("+" + name);
            try
            {
                return await next();
            }
            finally
            {
                log.Add("-" + name);
            }
        }
    }

    private sealed class Refusal : Interceptor
    {
        private static readonly Status Status = new(StatusCode.Unauthenticated, "not you");

        public int Calls { get; private set; }

        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            Calls++;
            throw new RpcException(Status);
        }

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream,
            ServerCallContext context,
            ClientStreamingServerMethod<TRequest, TResponse> continuation) => throw new RpcException(Status);

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            ServerStreamingServerMethod<TRequest, TResponse> continuation) => throw new RpcException(Status);

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            DuplexStreamingServerMethod<TRequest, TResponse> continuation) => throw new RpcException(Status);
    }
}
