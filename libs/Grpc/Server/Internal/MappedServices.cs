using System.Collections.Concurrent;
using Google.Protobuf.Reflection;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>What has been mapped so far: names for UNIMPLEMENTED endpoints, descriptors for reflection.</summary>
internal sealed class MappedServices
{
    private readonly ConcurrentDictionary<string, ServiceDescriptor?> _services = new(StringComparer.Ordinal);
    private int _unknownServicesMapped;

    /// <summary>Full names and, of those that protobuf generated, descriptors.</summary>
    public IReadOnlyDictionary<string, ServiceDescriptor?> Services => _services;

    /// <summary>True the first time that a service is named.</summary>
    public bool TryAdd(string name, ServiceDescriptor? descriptor) => _services.TryAdd(name, descriptor);

    /// <summary>True once: the endpoint for unknown services is mapped only once.</summary>
    public bool TryMapUnknownServices() => Interlocked.Exchange(ref _unknownServicesMapped, 1) == 0;
}
