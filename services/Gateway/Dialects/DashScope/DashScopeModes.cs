namespace QwenMesh.Gateway.Dialects.DashScope;

/// <summary>Headers that say how an answer is given. A route gives it in one way.</summary>
internal static class DashScopeModes
{
    private const string Async = "X-DashScope-Async";
    private const string Sse = "X-DashScope-SSE";

    /// <exception cref="DialectException">Another one is asked for.</exception>
    public static void DemandSync(IHeaderDictionary headers)
    {
        if (IsEnabled(headers, Async))
        {
            throw new DialectException(DialectErrorKind.Forbidden, "current user api does not support asynchronous calls; leave X-DashScope-Async out");
        }
        if (IsEnabled(headers, Sse))
        {
            throw new DialectException(DialectErrorKind.InvalidRequest, "pictures are not streamed here; leave X-DashScope-SSE out");
        }
    }

    /// <exception cref="DialectException">Another one is asked for.</exception>
    public static void DemandAsync(IHeaderDictionary headers)
    {
        if (!IsEnabled(headers, Async))
        {
            throw new DialectException(DialectErrorKind.Forbidden, "current user api does not support synchronous calls; send X-DashScope-Async: enable");
        }
    }

    private static bool IsEnabled(IHeaderDictionary headers, string name) => headers[name].ToString().Equals("enable", StringComparison.OrdinalIgnoreCase);
}
