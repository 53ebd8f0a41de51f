namespace QwenMesh.Gateway.Routing;

/// <summary>Replicas that failed one generation, by id. They are taken again only when there is no other.</summary>
internal sealed class AvoidedReplicas
{
    private readonly HashSet<string> _ids = new(StringComparer.OrdinalIgnoreCase);

    public void Add(string id)
    {
        lock (_ids)
        {
            _ids.Add(id);
        }
    }

    public bool Contains(string id)
    {
        lock (_ids)
        {
            return _ids.Contains(id);
        }
    }
}
