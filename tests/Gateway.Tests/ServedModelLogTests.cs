using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests;

public sealed class ServedModelLogTests
{
    [Fact]
    public async Task What_is_served_is_logged_once_though_the_stages_are_asked_again()
    {
        using var lines = new Lines();
        // No profile is written for sizes in multiples of 48, so that one is made at every question.
        await using var mesh = await FakeMesh.StartAsync(
            denoisers: 2, services: services => services.AddSingleton<ILoggerProvider>(lines), models: (_, _, vae) => vae.Model.Vae.ScaleFactor = 24);
        for (var replicas = 1; replicas <= 2; replicas++)
        {
            var asked = mesh.Encoder.Info.Asked;
            mesh.Denoisers[1].Health.IsServing = replicas == 2;
            await Eventually.TrueAsync(() => mesh.Gateway.Replicas(StageNames.Denoiser) == replicas, "the change is known");
            // The second question begins when the answers to the first have been taken up.
            await Eventually.TrueAsync(() => mesh.Encoder.Info.Asked > asked, "the stages are asked again");
        }
        Assert.Single(lines.All, line => line.StartsWith("Serving qwen-image-nano with profile qwen-image-nano; sizes are multiples of 48", StringComparison.Ordinal));
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> All { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
