using Grpc.Core;
using Grpc.Net.Client.Content;

namespace Grpc.Net.Client.Calls;

/// <summary>Makes calls over a channel.</summary>
internal sealed class HttpCallInvoker(ChannelConnection connection) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        using var call = AsyncUnaryCall(method, host, options, request);
        return call.ResponseAsync.GetAwaiter().GetResult();
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = StartWithMessage(method, host, options, request);
        return new AsyncUnaryCall<TResponse>(
            call.ResponseAsync, CallParts.Headers, CallParts.Status, CallParts.Trailers, CallParts.Dispose, call);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = StartWithMessage(method, host, options, request);
        return new AsyncServerStreamingCall<TResponse>(
            new ResponseStreamReader<TRequest, TResponse>(call), CallParts.Headers, CallParts.Status, CallParts.Trailers, CallParts.Dispose, call);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var (call, writer) = StartWithStream(method, host, options);
        return new AsyncClientStreamingCall<TRequest, TResponse>(
            writer, call.ResponseAsync, CallParts.Headers, CallParts.Status, CallParts.Trailers, CallParts.Dispose, call);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var (call, writer) = StartWithStream(method, host, options);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            writer, new ResponseStreamReader<TRequest, TResponse>(call), CallParts.Headers, CallParts.Status, CallParts.Trailers, CallParts.Dispose, call);
    }

    private GrpcCall<TRequest, TResponse> StartWithMessage<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        where TRequest : class
        where TResponse : class
    {
        ArgumentNullException.ThrowIfNull(request);
        var call = new GrpcCall<TRequest, TResponse>(connection, method, host, options);
        call.Start(new SingleMessageContent<TRequest>(request, call.Encoder, options.WriteOptions));
        return call;
    }

    private (GrpcCall<TRequest, TResponse> Call, RequestStreamWriter<TRequest, TResponse> Writer) StartWithStream<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
        where TRequest : class
        where TResponse : class
    {
        var call = new GrpcCall<TRequest, TResponse>(connection, method, host, options);
        var content = new MessageStreamContent();
        var writer = new RequestStreamWriter<TRequest, TResponse>(call, content);
        call.Start(content);
        return (call, writer);
    }

    /// <summary>The parts that all call objects have; static, so that a call costs no closures.</summary>
    private static class CallParts
    {
        public static readonly Func<object, Task<Metadata>> Headers = static state => ((CallState)state).ResponseHeadersAsync;
        public static readonly Func<object, Status> Status = static state => ((CallState)state).GetStatus();
        public static readonly Func<object, Metadata> Trailers = static state => ((CallState)state).GetTrailers();
        public static readonly Action<object> Dispose = static state => ((CallState)state).Dispose();
    }
}
