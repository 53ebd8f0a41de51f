using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>A service instance for one call: the container's, or one made for the call and disposed of after it.</summary>
internal readonly struct ServiceActivation<TService>(TService instance, bool created)
    where TService : class
{
    private static readonly Lazy<ObjectFactory<TService>> Factory = new(() => ActivatorUtilities.CreateFactory<TService>(Type.EmptyTypes));

    public TService Instance => instance;

    public static ServiceActivation<TService> Create(IServiceProvider services) => services.GetService<TService>() is { } shared
        ? new ServiceActivation<TService>(shared, false)
        : new ServiceActivation<TService>(Factory.Value(services, []), true);

    public ValueTask ReleaseAsync() => created ? Activated.DisposeAsync(instance) : default;
}
