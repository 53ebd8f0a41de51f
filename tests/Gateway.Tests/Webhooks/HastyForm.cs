using System.Text;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Webhooks;

namespace QwenMesh.Gateway.Tests.Webhooks;

/// <summary>A form that has no time: four attempts within a moment. A receiver that is to answer has all the time that a busy machine takes.</summary>
/// <param name="signature">Of what is posted.</param>
/// <param name="timeout">What the receiver may take, asked at every attempt.</param>
/// <param name="pause">Between two attempts.</param>
internal sealed class HastyForm(StandardSignature signature, Func<TimeSpan> timeout, TimeSpan pause) : IWebhookForm
{
    public const string Name = "hasty";
    public const int Attempts = 4;

    public string Dialect => Name;

    public TimeSpan Timeout => timeout();

    public IReadOnlyList<TimeSpan> RetryDelays { get; } = [.. Enumerable.Repeat(pause, Attempts - 1)];

    public static void Register(IServiceCollection services) => Register(services, timeout: null);

    /// <param name="services">Of a Gateway.</param>
    /// <param name="timeout">Null for as long as there is.</param>
    /// <param name="pause">Null for a moment.</param>
    public static void Register(IServiceCollection services, Func<TimeSpan>? timeout = null, TimeSpan? pause = null) => services.AddSingleton<IWebhookForm>(provider => new HastyForm(
        provider.GetRequiredService<StandardSignature>(), timeout ?? (() => IWebhookForm.MaxTimeout), pause ?? TimeSpan.FromMilliseconds(1)));

    public async ValueTask<WebhookMessage> WriteAsync(WebhookDelivery delivery, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> body = Encoding.UTF8.GetBytes($$"""{"attempt":{{delivery.Attempt}}}""");
        return new WebhookMessage(body, await signature.HeadersAsync(delivery, body, cancellationToken));
    }
}
