using System.Collections;
using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>Mappings by the name of their service.</summary>
public sealed class ServiceMappingCollection : ICollection<ServiceMapping>
{
    private readonly NamedMappings _mappings = new();

    /// <inheritdoc />
    public int Count => _mappings.Count;

    bool ICollection<ServiceMapping>.IsReadOnly => false;

    /// <summary>The checks that the predicate chooses decide about the service, in place of a mapping it had.</summary>
    public void Map(string name, Func<HealthCheckMapContext, bool> predicate)
    {
        _mappings.Remove(name);
        _mappings.Add(new ServiceMapping(name, predicate));
    }

    /// <inheritdoc cref="Map" />
    public void MapService(string name, Func<HealthCheckMapContext, bool> predicate) => Map(name, predicate);

    /// <summary>The mapping of a service.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out ServiceMapping? serviceMapping) => _mappings.TryGetValue(name, out serviceMapping);

    /// <summary>Removes the mapping of a service.</summary>
    public bool Remove(string name) => _mappings.Remove(name);

    /// <inheritdoc />
    public void Add(ServiceMapping item) => _mappings.Add(item);

    /// <inheritdoc />
    public void Clear() => _mappings.Clear();

    /// <inheritdoc />
    public bool Contains(ServiceMapping item) => _mappings.Contains(item);

    /// <inheritdoc />
    public void CopyTo(ServiceMapping[] array, int arrayIndex) => _mappings.CopyTo(array, arrayIndex);

    /// <inheritdoc />
    public bool Remove(ServiceMapping item) => _mappings.Remove(item);

    /// <inheritdoc />
    public IEnumerator<ServiceMapping> GetEnumerator() => _mappings.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _mappings.GetEnumerator();

    private sealed class NamedMappings() : KeyedCollection<string, ServiceMapping>(StringComparer.Ordinal)
    {
        protected override string GetKeyForItem(ServiceMapping item) => item.Name;
    }
}
