namespace QwenMesh.Gateway.Access;

/// <summary>Who may call a route, and which of the caller's limits it counts for. A route that says nothing needs a key.</summary>
public sealed class RouteAccess
{
    private readonly bool? _draws;

    private RouteAccess(bool? draws, bool isOpen = false) => (_draws, IsOpen) = (draws, isOpen);

    /// <summary>Needs a key; POST draws, everything else asks.</summary>
    public static RouteAccess ByMethod { get; } = new(draws: null);

    /// <summary>Needs a key, and draws: counts for the rate and for the requests at a time.</summary>
    public static RouteAccess Draws { get; } = new(draws: true);

    /// <summary>Needs a key, and asks for something, e.g. for a job's state or its end: counts for the inquiries.</summary>
    public static RouteAccess Asks { get; } = new(draws: false);

    /// <summary>For everybody: health, metrics, descriptions, files with a signature in their address.</summary>
    public static RouteAccess Open { get; } = new(draws: false, isOpen: true);

    internal bool IsOpen { get; }

    internal bool IsDrawing(string method) => _draws ?? HttpMethods.IsPost(method);
}

/// <summary>Says who may call a route that is not a dialect's <c>MapCall</c>.</summary>
public static class RouteAccessExtensions
{
    /// <summary>The last one counts.</summary>
    public static TBuilder WithAccess<TBuilder>(this TBuilder route, RouteAccess access)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(access);
}
