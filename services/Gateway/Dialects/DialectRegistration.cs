using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Dialects.DashScope;
using QwenMesh.Gateway.Dialects.Fal;
using QwenMesh.Gateway.Dialects.Nim;
using QwenMesh.Gateway.Dialects.Novita;
using QwenMesh.Gateway.Dialects.OpenAi;
using QwenMesh.Gateway.Dialects.Oxen;
using QwenMesh.Gateway.Dialects.Replicate;
using QwenMesh.Gateway.Dialects.WaveSpeed;
using QwenMesh.Gateway.Webhooks;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.Gateway.Dialects;

/// <summary>The dialects, and what they share.</summary>
internal static class DialectRegistration
{
    public static void AddDialects(this IServiceCollection services)
    {
        services.AddValidatedOptions<DialectOptions>(GatewayOptions.Section, options => options.Validate());
        services.AddCors();
        services.AddSingleton<BodyBudget>().AddSingleton<BodyReader>().AddSingleton<DialectServices>().AddSingleton<DialectPrefixes>();
        services.AddSingleton<DialectPictures>().AddSingleton<ResultUrls>();
        services.AddValidatedOptions<NimOptions>(NimOptions.Section, options => options.Validate());
        services.AddSingleton<NimStatus>().AddSingleton<NimAssets>().AddSingleton<IDialect, NimEndpoints>();
        services.AddSingleton<IDialect, NimIntrospection>();
        services.AddOpenAi();
        services.AddSingleton<IDialect, DashScopeEndpoints>();
        services.AddOxen();
        services.AddValidatedOptions<WaveSpeedOptions>(WaveSpeedOptions.Section, options => options.Validate());
        services.AddSingleton<WaveSpeedPredictions>().AddSingleton<WaveSpeedHistory>().AddSingleton<WaveSpeedMedia>();
        services.AddSingleton<IDialect, WaveSpeedEndpoints>().AddSingleton<IWebhookForm, WaveSpeedWebhook>();
        services.AddSingleton<NovitaResult>().AddSingleton<IDialect, NovitaEndpoints>().AddSingleton<IWebhookForm, NovitaWebhook>();
        services.AddSingleton<FalImages>().AddSingleton<FalQueue>().AddSingleton<FalStatusStream>().AddSingleton<IWebhookForm, FalWebhook>().AddSingleton<IDialect, FalEndpoints>();
        services.AddSingleton<SentPictures>().AddSingleton<ReplicateFiles>().AddSingleton<ReplicatePredictions>().AddSingleton<IWebhookForm, ReplicateWebhook>().AddSingleton<IDialect, ReplicateEndpoints>();
    }
}
