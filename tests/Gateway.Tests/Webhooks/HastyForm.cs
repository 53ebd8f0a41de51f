using System.Text;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Webhooks;

namespace QwenMesh.Gateway.Tests.Webhooks;

/// <summary>A form that has no time: four attempts within a moment. A receiver that is to answer has all the time that a busy machine takes.</summary>
internal sealed class HastyForm(StandardSignature signature, TimeSpan timeout) : IWebhookForm
{
    public const string Name = "hasty";
    public const int Attempts = 4;

    public string Dialect => Name;

    public TimeSpan Timeout => timeout;

    public IReadOnlyList<TimeSpan> RetryDelays { get; } = [.. Enumerable.Repeat(TimeSpan.FromMilliseconds(1), Attempts - 1)];

    public static void Register(IServiceCollection services) => Register(services, IWebhookForm.MaxTimeout);

    public static void Register(IServiceCollection services, TimeSpan timeout) =>
        services.AddSingleton<IWebhookForm>(provider => new HastyForm(provider.GetRequiredService<StandardSignature>(), timeout));

    public async ValueTask<WebhookMessage> WriteAsync(WebhookDelivery delivery, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> body = Encoding.UTF8.GetBytes($$"""{"attempt":{{delivery.Attempt}}}""");
        return new WebhookMessage(body, await signature.HeadersAsync(delivery, body, cancellationToken));
    }
}
