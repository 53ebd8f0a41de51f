namespace QwenMesh.Gateway.Dialects;

/// <summary>
/// One vendor's HTTP interface. A dialect parses and checks its vendor's requests, translates them to a <see cref="Generation.GenerationRequest"/>,
/// has it drawn (<see cref="DialectCall.DrawAsync"/>), and answers in its vendor's shapes, errors included. Registered as a singleton; see
/// docs/extending.md.
/// </summary>
public interface IDialect
{
    /// <summary>Short name, for log lines and the description, e.g. "nim".</summary>
    string Name { get; }

    /// <summary>
    /// Paths that are the dialect's own, e.g. "/v1/images": what is wrong below them (no such route, wrong method) is told in its shape. Of several dialects
    /// the longest prefix counts. None: the Gateway's shape.
    /// </summary>
    IReadOnlyList<string> Prefixes => [];

    /// <summary>Calls for people to try, shown at "/".</summary>
    IReadOnlyList<DialectSample> Samples => [];

    /// <summary>Adds the dialect's routes to the Gateway's HTTP port, by <see cref="DialectRoutes"/>. Called once, before the port opens.</summary>
    void Map(IEndpointRouteBuilder endpoints);

    /// <summary>Writes an error in the vendor's shape; sets status, content type and body. Default: the Gateway's shape, RFC 9457.</summary>
    Task WriteErrorAsync(HttpContext context, DialectError error) => GatewayErrors.WriteAsync(context, error);
}

/// <summary>A call that works when it is pasted into a shell.</summary>
/// <param name="Title">What it does.</param>
/// <param name="Path">Path of the Gateway, e.g. "/v1/infer".</param>
/// <param name="Json">The body to post, without single quotes; null for GET.</param>
/// <param name="Filter">Further commands, e.g. "sed ... | base64 -d > picture.jpg"; {gateway} in it is the Gateway's address. Null shows the answer.</param>
public sealed record DialectSample(string Title, string Path, string? Json = null, string? Filter = null)
{
    /// <summary>The command.</summary>
    /// <param name="gateway">E.g. "http://127.0.0.1:8080".</param>
    public string Command(string gateway)
    {
        var body = Json is null ? "" : $" \\\n  -H 'Content-Type: application/json' \\\n  -d '{Json}'";
        return $"curl -sS '{gateway}{Path}'{body}{(Filter is null ? "" : $" \\\n  | {Filter.Replace("{gateway}", gateway, StringComparison.Ordinal)}")}";
    }
}
