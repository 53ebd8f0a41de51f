using System.Reflection;
using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Receives the methods of a generated service and pairs each with the member of <typeparamref name="TService"/> that implements it.</summary>
internal sealed class MethodBinder<TService>(MethodOptions options, CallLog log) : ServiceBinderBase
    where TService : class
{
    private readonly List<BoundMethod> _methods = [];

    public IReadOnlyList<BoundMethod> Methods => _methods;

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        var member = Find(method, typeof(TRequest), typeof(ServerCallContext));
        Add(method, member, new UnaryCallHandler<TService, TRequest, TResponse>(
            method, options, log, member.CreateDelegate<UnaryMethod<TService, TRequest, TResponse>>()));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var member = Find(method, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext));
        Add(method, member, new ClientStreamingCallHandler<TService, TRequest, TResponse>(
            method, options, log, member.CreateDelegate<ClientStreamingMethod<TService, TRequest, TResponse>>()));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var member = Find(method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        Add(method, member, new ServerStreamingCallHandler<TService, TRequest, TResponse>(
            method, options, log, member.CreateDelegate<ServerStreamingMethod<TService, TRequest, TResponse>>()));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var member = Find(method, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        Add(method, member, new DuplexStreamingCallHandler<TService, TRequest, TResponse>(
            method, options, log, member.CreateDelegate<DuplexStreamingMethod<TService, TRequest, TResponse>>()));
    }

    // The most derived class first, and never below the generated one: a method that is not overridden is the generated UNIMPLEMENTED.
    private static MethodInfo Find(IMethod method, params Type[] parameters)
    {
        var baseType = GeneratedService.FindBaseType(typeof(TService));
        for (var type = typeof(TService); type is not null; type = type.BaseType)
        {
            var member = type.GetMethod(
                method.Name, BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly, parameters);
            if (member is { IsVirtual: true })
            {
                return member;
            }

            if (type == baseType)
            {
                break;
            }
        }

        throw new InvalidOperationException($"Could not find '{method.Name}' on {typeof(TService)}.");
    }

    private void Add<TRequest, TResponse>(IMethod method, MethodInfo member, CallHandler<TService, TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class
    {
        var attributes = typeof(TService).GetCustomAttributes(inherit: true).Concat(member.GetCustomAttributes(inherit: true)).ToList();
        _methods.Add(new BoundMethod(method, handler.HandleAsync, attributes));
    }
}
