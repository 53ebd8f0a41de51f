using System.Text;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Webhooks;

namespace QwenMesh.Gateway.Tests.Webhooks;

/// <summary>A form that has no time: four attempts within a moment, and a moment for the receiver.</summary>
internal sealed class HastyForm(StandardSignature signature) : IWebhookForm
{
    public const string Name = "hasty";
    public const int Attempts = 4;

    public string Dialect => Name;

    public TimeSpan Timeout => TimeSpan.FromSeconds(1);

    public IReadOnlyList<TimeSpan> RetryDelays { get; } = [.. Enumerable.Repeat(TimeSpan.FromMilliseconds(1), Attempts - 1)];

    public static void Register(IServiceCollection services) => services.AddSingleton<IWebhookForm, HastyForm>();

    public async ValueTask<WebhookMessage> WriteAsync(WebhookDelivery delivery, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> body = Encoding.UTF8.GetBytes($$"""{"attempt":{{delivery.Attempt}}}""");
        return new WebhookMessage(body, await signature.HeadersAsync(delivery, body, cancellationToken));
    }
}
