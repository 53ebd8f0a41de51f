using Microsoft.Extensions.Options;

namespace QwenMesh.Gateway.Access;

/// <summary>Lets a request in, or says why not: the key, then the caller's limits. Nothing of the body has been read then.</summary>
internal sealed partial class AccessControl(
    KeyRing keys, CallerLimits limits, IOptions<AccessOptions> options, GatewayInstrumentation instrumentation, ILogger<AccessControl> logger)
{
    private readonly ApiKey _anonymous = ApiKey.Anonymous(options.Value.Anonymous);

    /// <param name="context">The request; its caller is known from then on.</param>
    /// <param name="draws">Which limits it counts for.</param>
    /// <param name="rules">Further rules of the key, e.g. <see cref="KeyRules.RefusalOfStages"/>.</param>
    /// <param name="caller">To be disposed of when the request has been answered; null when it is refused.</param>
    /// <returns>Null when it is let in.</returns>
    public AccessRefusal? Admit(HttpContext context, bool draws, Func<ApiKey, string?>? rules, out Caller? caller)
    {
        caller = null;
        var (key, refusal) = Identify(SentKey.Of(context.Request.Headers));
        if (key is not null)
        {
            if (rules?.Invoke(key) is { } rule)
            {
                refusal = new AccessRefusal(AccessRefusalKind.Forbidden, KeyRules.Reason, rule);
            }
            else
            {
                (var place, refusal) = limits.Take(key, draws);
                caller = refusal is null ? new Caller(key, place) : null;
            }
        }
        if (refusal is not null)
        {
            instrumentation.Refused(refusal.Reason);
            LogRefused(logger, key?.Id ?? "", refusal.Reason);
            return refusal;
        }
        context.Features.Set(caller);
        return null;
    }

    private (ApiKey? Key, AccessRefusal? Refusal) Identify(string? sent)
    {
        if (!options.Value.HasKeys)
        {
            return (_anonymous, null); // Whatever clients send that were written for another server.
        }
        if (sent is null)
        {
            return options.Value.AllowAnonymous
                ? (_anonymous, null)
                : (null, new AccessRefusal(AccessRefusalKind.Unauthenticated, "missing", "an API key is needed, e.g. in the header 'Authorization: Bearer KEY'"));
        }
        return keys.Find(sent) switch
        {
            null => (null, new AccessRefusal(AccessRefusalKind.Unauthenticated, "unknown", "the API key is not known")),
            { IsDisabled: true } => (null, new AccessRefusal(AccessRefusalKind.Forbidden, "disabled", "the API key is disabled")),
            var key => (key, null),
        };
    }

    [LoggerMessage(410, LogLevel.Information, "Not let in: '{Owner}', {Reason}")]
    private static partial void LogRefused(ILogger logger, string owner, string reason);
}
