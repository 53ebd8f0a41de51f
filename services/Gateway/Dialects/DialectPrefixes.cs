namespace QwenMesh.Gateway.Dialects;

/// <summary>Whose path it is, for what no dialect's handler answers: unknown routes, wrong methods, callers who are not let in.</summary>
internal sealed class DialectPrefixes(IEnumerable<IDialect> dialects)
{
    private readonly (PathString Prefix, IDialect Dialect)[] _prefixes =
        [.. dialects.SelectMany(dialect => dialect.Prefixes.Select(prefix => (new PathString(prefix), dialect))).OrderByDescending(pair => pair.Item1.Value!.Length)];

    /// <summary>Writes an error in the shape of the dialect whose path it is; else in the Gateway's.</summary>
    public Task WriteErrorAsync(HttpContext context, DialectError error) =>
        Array.Find(_prefixes, pair => context.Request.Path.StartsWithSegments(pair.Prefix, StringComparison.OrdinalIgnoreCase)).Dialect is { } dialect
            ? dialect.WriteErrorAsync(context, error)
            : GatewayErrors.WriteAsync(context, error);
}
