using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Tests.Access;

/// <summary>What is written of a caller: the id, never the key.</summary>
public sealed class SecretTests
{
    private const string Picture = """{"prompt":"x","width":512,"height":512,"steps":5}""";

    [Fact]
    public async Task Keys_are_in_no_log_line_and_in_no_span()
    {
        var exported = new ConcurrentQueue<byte[]>();
        await using var collector = await CollectorAsync(exported);
        using var lines = new Lines();
        var settings = TestKeys.Settings("alice", ("MaxSteps", "50"));
        settings["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = $"{collector.Urls.First()}/v1/traces";
        settings["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] = "http/protobuf";
        await using (var mesh = await FakeMesh.StartAsync(settings: settings, services: services =>
        {
            services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddFilter<Lines>(null, LogLevel.Trace));
            services.AddSingleton<ILoggerProvider>(lines);
        }))
        {
            using var drawn = await mesh.Gateway.SendAsync("alice", HttpMethod.Post, "/v1/infer", Picture);
            using var unknown = await mesh.Gateway.SendAsync("mallory", HttpMethod.Post, "/v1/infer", Picture);
            Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Unauthorized], new[] { drawn.StatusCode, unknown.StatusCode });
            using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
            await new ImageGeneration.ImageGenerationClient(channel).GetModelsAsync(
                new GetModelsRequest(), new Metadata { { "authorization", $"Bearer {TestKeys.Of("alice")}" } }, DateTime.UtcNow.AddSeconds(60), TestContext.Current.CancellationToken);
        }
        var spans = string.Concat(exported.Select(Encoding.Latin1.GetString));
        Assert.Contains("/v1/infer", spans, StringComparison.Ordinal);
        Assert.Contains("qwenmesh.v1.ImageGeneration", spans, StringComparison.Ordinal);
        Assert.Contains(lines.All, line => line.Contains("Owner alice", StringComparison.Ordinal));
        Assert.Contains(lines.All, line => line.Contains("Not let in: '', unknown", StringComparison.Ordinal));
        foreach (var text in lines.All.Append(spans))
        {
            Assert.DoesNotContain("key-of-", text, StringComparison.Ordinal);
            Assert.DoesNotContain(TestKeys.Hash(TestKeys.Of("alice")), text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Refused_requests_are_counted_by_reason()
    {
        await using var gateway = await AccessProbe.StartAsync(TestKeys.Settings("alice", ("InquiriesPerMinute", "1")));
        using var listener = new MeterListener();
        var reasons = new ConcurrentQueue<string>();
        var factory = gateway.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, own) =>
        {
            if (instrument.Name == "qwenmesh.gateway.access.refused" && instrument.Meter.Scope == factory)
            {
                own.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => reasons.Enqueue($"{tags[0].Key}={tags[0].Value} {value}"));
        listener.Start();
        foreach (var id in new[] { null, "mallory", "alice", "alice" })
        {
            using var response = await gateway.SendAsync(id, HttpMethod.Get, AccessProbe.Ask);
        }
        Assert.Equal(["reason=missing 1", "reason=unknown 1", "reason=inquiries 1"], reasons);
    }

    private static async Task<WebApplication> CollectorAsync(ConcurrentQueue<byte[]> bodies)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.MapPost("/v1/traces", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            bodies.Enqueue(body.ToArray());
        });
        await app.StartAsync();
        return app;
    }

    /// <summary>All log lines at all levels, with their scopes.</summary>
    private sealed class Lines : ILoggerProvider, ISupportExternalScope
    {
        private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

        public ConcurrentQueue<string> All { get; } = new();

        public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

        public ILogger CreateLogger(string categoryName) => new Line(this, categoryName);

        public void Dispose()
        {
        }

        private sealed class Line(Lines owner, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => owner._scopes.Push(state);

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                var text = new StringBuilder($"{category}: {formatter(state, exception)} {exception}");
                owner._scopes.ForEachScope((scope, line) => line.Append(" | ").Append(scope), text);
                owner.All.Enqueue(text.ToString());
            }
        }
    }
}
