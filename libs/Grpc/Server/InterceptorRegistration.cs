using System.Diagnostics.CodeAnalysis;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>An interceptor type and its arguments. An instance is taken from the container, or made for every call.</summary>
public class InterceptorRegistration
{
    private readonly object[] _arguments;
    private ObjectFactory? _factory;

    internal InterceptorRegistration([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] Type type, object[] arguments)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(arguments);
        if (!typeof(Interceptor).IsAssignableFrom(type))
        {
            throw new ArgumentException($"{type} is not an {nameof(Interceptor)}.", nameof(type));
        }

        if (Array.Exists(arguments, argument => argument is null))
        {
            throw new ArgumentException("Interceptor arguments may not be null.", nameof(arguments));
        }

        Type = type;
        _arguments = arguments;
    }

    /// <summary>The type.</summary>
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)]
    public Type Type { get; }

    /// <summary>Arguments that do not come from the container.</summary>
    public IReadOnlyList<object> Arguments => _arguments;

    /// <summary>An instance, and whether it was made here and has to be disposed of after the call.</summary>
    internal (Interceptor Interceptor, bool Created) Activate(IServiceProvider services)
    {
        if (_arguments.Length == 0 && services.GetService(Type) is Interceptor shared)
        {
            return (shared, false);
        }

        _factory ??= ActivatorUtilities.CreateFactory(Type, Array.ConvertAll(_arguments, argument => argument.GetType()));
        return ((Interceptor)_factory(services, _arguments), true);
    }
}
