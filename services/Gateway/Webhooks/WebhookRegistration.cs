using System.Net;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.Gateway.Webhooks;

/// <summary>Registers what tells clients of their jobs. The forms come from the dialects.</summary>
internal static class WebhookRegistration
{
    public static void AddWebhooks(this IServiceCollection services)
    {
        services.AddValidatedOptions<WebhookOptions>(WebhookOptions.Section, options => options.Validate());
        services.AddSingleton<WebhookAddresses>().AddSingleton<WebhookSecret>().AddSingleton<StandardSignature>();
        services.AddSingleton<WebhookForms>().AddSingleton<IWebhookForm, OwnWebhookForm>();
        services.AddSingleton(provider => new WebhookClient(provider.GetRequiredService<WebhookAddresses>(), Dns.GetHostAddressesAsync));
        services.AddSingleton<WebhookInstrumentation>().AddSingleton<WebhookAttempts>();
        services.AddHostedService<WebhookDispatcher>();
    }
}
