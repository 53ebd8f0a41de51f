using System.Net;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Dialects;
using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Dialects;

/// <summary>A Gateway without stages that has the probe among its dialects.</summary>
public sealed class ProbeGateway : IAsyncLifetime
{
    internal ProbeDialect Dialect { get; } = new();

    internal GatewayHost Host { get; private set; } = null!;

    internal BodyBudget Budget => Host.Services.GetRequiredService<BodyBudget>();

    internal static async Task<ProbeGateway> StartAsync(params (string Key, string? Value)[] settings)
    {
        var gateway = new ProbeGateway();
        gateway.Host = await GatewayHost.StartAsync(
            new Dictionary<string, string?>(settings.Select(setting => KeyValuePair.Create($"Gateway:{setting.Key}", setting.Value)))
            {
                // Not the default ones: a mesh may run on this machine.
                ["Stages:Encoder:Addresses:0"] = "http://127.0.0.1:1",
                ["Stages:Denoiser:Addresses:0"] = "http://127.0.0.1:1",
                ["Stages:Vae:Addresses:0"] = "http://127.0.0.1:1",
            },
            services => services.AddSingleton<IDialect>(gateway.Dialect).TakeSlowBodies());
        return gateway;
    }

    public async ValueTask InitializeAsync() => Host = (await StartAsync()).Host;

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    internal async Task<(HttpStatusCode Status, string Text)> PostAsync(string path, HttpContent content)
    {
        using var response = await Host.Http.PostAsync(new Uri(path, UriKind.Relative), content, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
