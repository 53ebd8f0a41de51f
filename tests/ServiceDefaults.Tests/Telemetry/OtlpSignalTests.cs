using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace QwenMesh.ServiceDefaults.Tests.Telemetry;

/// <summary>Each signal goes where its own variables say, else where the general ones say, else nowhere.</summary>
[Collection(nameof(RequestSpansTests))]
public sealed partial class OtlpSignalTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData("TRACES")]
    [InlineData("METRICS")]
    [InlineData("LOGS")]
    public async Task A_signal_with_an_endpoint_of_its_own_is_exported_alone(string signal)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await RunAsync(
            () => !receiver.Exports.IsEmpty,
            $"--OTEL_EXPORTER_OTLP_{signal}_ENDPOINT={receiver.Address}/own/path", $"--OTEL_EXPORTER_OTLP_{signal}_PROTOCOL=http/protobuf",
            $"--OTEL_EXPORTER_OTLP_{signal}_HEADERS=authorization=own", "--OTEL_EXPORTER_OTLP_HEADERS=authorization=general",
            $"--OTEL_EXPORTER_OTLP_{signal}_COMPRESSION=gzip");
        // The endpoint of one signal is taken as it is.
        Assert.All(receiver.Exports, export => Assert.Equal(("/own/path", "own", "gzip"), (export.Path, export.Authorization, export.Encoding)));
    }

    [Fact]
    public async Task The_general_endpoint_takes_every_signal_that_has_none_of_its_own()
    {
        await using var general = await OtlpReceiver.StartAsync();
        await using var own = await OtlpReceiver.StartAsync();
        await RunAsync(
            () => general.Exports.Select(export => export.Path).Distinct().Count() > 1 && !own.Exports.IsEmpty,
            $"--OTEL_EXPORTER_OTLP_ENDPOINT={general.Address}", "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "--OTEL_EXPORTER_OTLP_HEADERS=authorization=general",
            $"--OTEL_EXPORTER_OTLP_METRICS_ENDPOINT={own.Address}/only/metrics", "--OTEL_EXPORTER_OTLP_LOGS_HEADERS=authorization=logs");
        Assert.Equal(["/v1/logs", "/v1/traces"], general.Exports.Select(export => export.Path).Distinct().Order(StringComparer.Ordinal));
        Assert.All(general.Exports, export => Assert.Equal(export.Path == "/v1/logs" ? "logs" : "general", export.Authorization));
        Assert.All(own.Exports, export => Assert.Equal(("/only/metrics", "general"), (export.Path, export.Authorization)));
    }

    [Fact]
    public async Task A_log_record_is_cut_before_it_is_exported()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await RunAsync(() => Own().Any(), $"--OTEL_EXPORTER_OTLP_LOGS_ENDPOINT={receiver.Address}", "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf");
        Assert.All(Own(), text =>
        {
            Assert.Contains("xxx... (cut)", text, StringComparison.Ordinal);
            Assert.InRange(text.Length, 1, 256 << 10);
        });

        // Those with the record, which has its logger's name: the start of the host is logged, too.
        IEnumerable<string> Own() => receiver.Exports.Select(export => export.Text).Where(text => text.Contains(nameof(OtlpSignalTests), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "collector")]
    public void An_endpoint_that_is_no_address_is_refused_by_name(string key, string value)
    {
        var builder = WebApplication.CreateBuilder([$"--{key}={value}"]);
        var refused = Assert.Throws<InvalidOperationException>(() => builder.AddMeshTelemetry("qwenmesh-test"));
        Assert.StartsWith(key, refused.Message, StringComparison.Ordinal);
    }

    /// <summary>One request with a log line, then the end, at which everything is exported.</summary>
    private static async Task RunAsync(Func<bool> isExported, params string[] settings)
    {
        var waited = Stopwatch.StartNew();
        do
        {
            Assert.True(waited.Elapsed < Patience, "what has to be is not exported at the end");
            await RunAsync(settings);
        }
        while (!isExported()); // OpenTelemetry takes five seconds for it, which a machine that stands still lets pass.
    }

    private static async Task RunAsync(string[] settings)
    {
        var tooLong = new string('x', 1 << 20);
        await using var host = await TelemetryHost.StartAsync(
            app => app.MapGet("/picture", (ILogger<OtlpSignalTests> logger) => LogAsked(logger, tooLong)), settings);
        using var response = await host.Http.GetAsync("/picture", TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
    }

    [LoggerMessage(1, LogLevel.Information, "{Prompt} was asked for, {Seconds} s ago")]
    private static partial void LogAsked(ILogger logger, string prompt, double seconds = 1.5);
}
