using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace QwenMesh.ServiceDefaults.Tests.Telemetry;

/// <summary>A web application with the telemetry of a service, on two free ports, and the spans that it would export.</summary>
internal sealed class TelemetryHost : IAsyncDisposable
{
    /// <summary>Nothing listens there: spans are taken before they are exported.</summary>
    public const string Otlp = "--OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Activity> _ended;

    private TelemetryHost(WebApplication app, ConcurrentQueue<Activity> ended)
    {
        (_app, _ended) = (app, ended);
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.First()), Timeout = Patience };
        GrpcAddress = app.Urls.Last();
    }

    public IServiceProvider Services => _app.Services;

    public HttpClient Http { get; }

    public string GrpcAddress { get; }

    public static async Task<TelemetryHost> StartAsync(Action<WebApplication> map, params string[] settings)
    {
        var ended = new ConcurrentQueue<Activity>();
        var builder = WebApplication.CreateBuilder(settings);
        builder.AddMeshTelemetry("qwenmesh-test");
        builder.Logging.AddFilter<ConsoleLoggerProvider>(null, LogLevel.None);
        builder.Services.AddGrpc();
        builder.Services.ConfigureOpenTelemetryTracerProvider(traces => traces.AddProcessor(new Recorded(ended, DateTime.UtcNow)));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        var app = builder.Build();
        app.MapMetrics();
        map(app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new TelemetryHost(app, ended);
    }

    /// <summary>Waits for one more span; it ends after the answer has gone out.</summary>
    public async Task<Activity> NextSpanAsync()
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            if (_ended.TryDequeue(out var span))
            {
                return span;
            }
            Assert.True(waited.Elapsed < Patience, "no span ended");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        // Disposing alone does not wait for a request whose answer has gone out and whose span has not ended yet.
        using var bound = new CancellationTokenSource(Patience);
        await _app.StopAsync(bound.Token);
        await _app.DisposeAsync();
    }

    private sealed class Recorded(ConcurrentQueue<Activity> ended, DateTime since) : BaseProcessor<Activity>
    {
        public override void OnEnd(Activity data)
        {
            // Other hosts of this process make spans too, with the sources of the same framework; those before this one may end late.
            if (data.Recorded && data.Kind is not ActivityKind.Client && data.StartTimeUtc >= since)
            {
                ended.Enqueue(data);
            }
        }
    }
}
