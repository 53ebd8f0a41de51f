namespace QwenMesh.Gateway.Dialects;

/// <summary>
/// One vendor's HTTP interface. A dialect parses and checks its vendor's requests, translates them to a <see cref="Generation.GenerationRequest"/>,
/// has an <see cref="Generation.IImageGenerator"/> draw it, and answers in its vendor's shapes, errors included. Registered as a singleton; see
/// docs/extending.md.
/// </summary>
public interface IDialect
{
    /// <summary>Adds the dialect's routes to the Gateway's HTTP port. Called once, before the port opens.</summary>
    void Map(IEndpointRouteBuilder endpoints);
}
