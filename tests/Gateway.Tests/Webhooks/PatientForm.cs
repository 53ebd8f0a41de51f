using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Webhooks;

namespace QwenMesh.Gateway.Tests.Webhooks;

/// <summary>A form as it is, but for the time that it gives its receiver: all that a busy machine takes, so that nothing is told twice.</summary>
internal sealed class PatientForm(IWebhookForm form) : IWebhookForm
{
    public string Dialect => form.Dialect;

    public TimeSpan Timeout => IWebhookForm.MaxTimeout;

    public IReadOnlyList<TimeSpan> RetryDelays => form.RetryDelays;

    /// <summary>In place of every form of a Gateway.</summary>
    public static void Register(IServiceCollection services)
    {
        for (var i = 0; i < services.Count; i++)
        {
            if (services[i] is { ImplementationType: { } type } service && service.ServiceType == typeof(IWebhookForm))
            {
                services[i] = ServiceDescriptor.Singleton<IWebhookForm>(provider => new PatientForm((IWebhookForm)ActivatorUtilities.CreateInstance(provider, type)));
            }
        }
    }

    public ValueTask<WebhookMessage> WriteAsync(WebhookDelivery delivery, CancellationToken cancellationToken) => form.WriteAsync(delivery, cancellationToken);
}
