using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>A unary method of a service, the instance being the first argument.</summary>
internal delegate Task<TResponse> UnaryMethod<in TService, in TRequest, TResponse>(TService service, TRequest request, ServerCallContext context);

/// <inheritdoc cref="UnaryMethod{TService, TRequest, TResponse}" />
internal delegate Task<TResponse> ClientStreamingMethod<in TService, TRequest, TResponse>(
    TService service, IAsyncStreamReader<TRequest> requests, ServerCallContext context);

/// <inheritdoc cref="UnaryMethod{TService, TRequest, TResponse}" />
internal delegate Task ServerStreamingMethod<in TService, in TRequest, TResponse>(
    TService service, TRequest request, IServerStreamWriter<TResponse> responses, ServerCallContext context);

/// <inheritdoc cref="UnaryMethod{TService, TRequest, TResponse}" />
internal delegate Task DuplexStreamingMethod<in TService, TRequest, TResponse>(
    TService service, IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses, ServerCallContext context);
