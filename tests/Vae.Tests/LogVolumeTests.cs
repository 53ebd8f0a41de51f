using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using QwenMesh.Protocol.V1;
using QwenMesh.Testing;

namespace QwenMesh.Vae.Tests;

/// <summary>A stage is asked for its health every few seconds for months, and anyone can send it a bad message.</summary>
public sealed class LogVolumeTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Health_checks_write_nothing_and_a_bad_message_little()
    {
        await using var app = VaeHost.Build("--Logging:LogLevel:Default=Information");
        using var lines = new Lines();
        app.Services.GetRequiredService<ILoggerFactory>().AddProvider(lines);
        await app.StartAsync(Stop);
        await Eventually.TrueAsync(() => lines.Texts.Any(text => text.StartsWith("Ready", StringComparison.Ordinal)), "the stage has said that it is ready");
        lines.Texts.Clear();

        using var channel = GrpcChannel.ForAddress(app.Urls.First());
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Last()) };
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest(), cancellationToken: Stop)).Status);
            foreach (var path in (string[])["/health/live", "/health/ready", "/metrics"])
            {
                (await http.GetAsync(path, Stop)).EnsureSuccessStatusCode();
            }
        }
        Assert.DoesNotContain(lines.Texts, text => !text.Contains("heartbeat", StringComparison.Ordinal)); // Kestrel warns of a machine that was paused for a second.

        using var call = new VaeStage.VaeStageClient(channel).Decode(cancellationToken: Stop);
        await call.RequestStream.WriteAsync(VaeCalls.Parameters(), Stop);
        await call.RequestStream.WriteAsync(new VaeDecodeRequest { Frame = new TensorFrame { Header = new TensorHeader { Name = new string('x', 3_000_000) } } }, Stop);
        var refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Stop));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.All(lines.Texts, text => Assert.InRange(text.Length, 0, 4000));
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentBag<string> Texts { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Texts.Add(formatter(state, exception) + exception);

        public void Dispose()
        {
        }
    }
}
