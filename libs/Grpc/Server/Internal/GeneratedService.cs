using System.Reflection;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Finds in a service's base classes what the code generator left there.</summary>
internal static class GeneratedService
{
    /// <summary>Calls the generated bind method, without an instance: it names every method.</summary>
    public static void Bind(Type serviceType, ServiceBinderBase binder)
    {
        var (baseType, attribute) = Find(serviceType);
        var bind = attribute.BindType.GetMethod(
            attribute.BindMethodName,
            BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static,
            [typeof(ServiceBinderBase), baseType]);
        if (bind is null)
        {
            throw new InvalidOperationException(
                $"{attribute.BindType} has no method {attribute.BindMethodName}({nameof(ServiceBinderBase)}, {baseType.Name}).");
        }

        try
        {
            bind.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [binder, null], null);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"Error binding gRPC service '{serviceType.Name}'.", exception);
        }
    }

    /// <summary>The type whose methods the generated code declares.</summary>
    public static Type FindBaseType(Type serviceType) => Find(serviceType).BaseType;

    /// <summary>The protobuf descriptor, where the outer class has one.</summary>
    public static ServiceDescriptor? FindDescriptor(Type serviceType) =>
        Find(serviceType).Attribute.BindType.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) as ServiceDescriptor;

    private static (Type BaseType, BindServiceMethodAttribute Attribute) Find(Type serviceType)
    {
        for (var type = serviceType; type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { } attribute)
            {
                return (type, attribute);
            }
        }

        throw new InvalidOperationException(
            $"{serviceType.FullName} does not derive from a generated gRPC service: no base class has {nameof(BindServiceMethodAttribute)}.");
    }
}
