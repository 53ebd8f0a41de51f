using System.Net.Http.Headers;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.Gateway.Guardrails;

/// <summary>Guardrails; who registers them registers an <see cref="IAuditTrail"/> too.</summary>
internal static class GuardrailRegistration
{
    private const int MostAnswerBytes = 1 << 20, MostRetries = 2;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);

    public static void AddGuardrails(this IServiceCollection services)
    {
        services.AddValidatedOptions<GuardrailOptions>(GuardrailOptions.Section, options => options.Validate());
        services.AddSingleton<DenyList>().AddSingleton<ModerationClient>().AddSingleton<Refusals>().AddSingleton<IGuardrails, ContentGuardrails>();
        var moderation = services.AddHttpClient(ModerationClient.ClientName)
            .RemoveAllLoggers() // They can be told to write headers, and the key is one.
            .ConfigureHttpClient((provider, client) => Configure(client, provider.GetRequiredService<IOptions<GuardrailOptions>>().Value.Moderation))
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                AllowAutoRedirect = false, // What is checked goes to the configured address and to no other.
                UseCookies = false,
                ActivityHeadersPropagator = null,
                PooledConnectionLifetime = ConnectionLifetime,
            });
        moderation.AddResilienceHandler(ModerationClient.ClientName, pipeline => pipeline.AddRetry(new HttpRetryStrategyOptions
        {
            MaxRetryAttempts = MostRetries,
            Delay = RetryDelay,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
        }));
    }

    private static void Configure(HttpClient client, ModerationOptions options)
    {
        client.Timeout = TimeSpan.FromSeconds(options.TimeoutSeconds);
        client.MaxResponseContentBufferSize = MostAnswerBytes;
        if (options.ApiKey.Length > 0)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", options.ApiKey);
        }
    }
}
