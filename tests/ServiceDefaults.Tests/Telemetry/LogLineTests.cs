using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace QwenMesh.ServiceDefaults.Tests.Telemetry;

/// <summary>The lines that a service writes, and what of them a caller can make long.</summary>
public sealed partial class LogLineTests : IDisposable
{
    private static readonly string TooLong = string.Concat(Enumerable.Repeat("é\"\n😀", 1 << 20));

    private readonly ServiceProvider _services;
    private readonly ConsoleFormatter _formatter;

    public LogLineTests()
    {
        var builder = WebApplication.CreateBuilder();
        builder.AddMeshTelemetry("qwenmesh-test");
        _services = ((IServiceCollection)builder.Services).BuildServiceProvider();
        var options = _services.GetRequiredService<Microsoft.Extensions.Options.IOptions<ConsoleLoggerOptions>>().Value;
        _formatter = _services.GetServices<ConsoleFormatter>().Single(formatter => formatter.Name == options.FormatterName);
    }

    [Fact]
    public void A_line_keeps_its_values_trace_and_request()
    {
        var scopes = new LoggerExternalScopeProvider();
        using var request = scopes.Push(new Dictionary<string, object?> { ["RequestPath"] = "/v1/infer" });
        using var plain = scopes.Push("of the test");
        var line = JsonDocument.Parse(Write(new InvalidOperationException("no room"), "512x512", scopes)).RootElement;
        Assert.Equal("Generated 512x512 in 1.5 s", line.GetProperty("Message").GetString());
        Assert.Equal(("512x512", 1.5), (line.GetProperty("State").GetProperty("Size").GetString(), line.GetProperty("State").GetProperty("Seconds").GetDouble()));
        Assert.Contains("no room", line.GetProperty("Exception").GetString(), StringComparison.Ordinal);
        Assert.Equal("/v1/infer", line.GetProperty("Scopes")[0].GetProperty("RequestPath").GetString());
        Assert.Equal("of the test", line.GetProperty("Scopes")[1].GetString());
        Assert.Equal((7, "Warning"), (line.GetProperty("EventId").GetInt32(), line.GetProperty("LogLevel").GetString()));
    }

    [Fact]
    public void No_part_of_a_line_grows_with_what_a_caller_sent()
    {
        var scopes = new LoggerExternalScopeProvider();
        using var request = scopes.Push(new Dictionary<string, object?> { ["RequestPath"] = TooLong, ["Other"] = new Uri("http://h/" + new string('a', 60_000)) });
        using var plain = scopes.Push(TooLong);
        var inner = new InvalidOperationException(TooLong);
        var text = Write(new IOException(TooLong, inner), TooLong, scopes);
        Assert.InRange(text.Length, 1, 256 << 10);
        Assert.Equal(1, text.Count(character => character == '\n'));
        using var line = JsonDocument.Parse(text);
        Assert.EndsWith("(cut)", line.RootElement.GetProperty("Message").GetString(), StringComparison.Ordinal);
        Assert.EndsWith("(cut)", line.RootElement.GetProperty("State").GetProperty("Size").GetString(), StringComparison.Ordinal);
        Assert.EndsWith("(cut)", line.RootElement.GetProperty("Scopes")[0].GetProperty("RequestPath").GetString(), StringComparison.Ordinal);
    }

    public void Dispose() => _services.Dispose();

    private string Write(Exception exception, string size, IExternalScopeProvider scopes)
    {
        using var writer = new StringWriter();
        LogGenerated(new Logger(_formatter, writer, scopes), exception, size, 1.5);
        return writer.ToString();
    }

    [LoggerMessage(7, LogLevel.Warning, "Generated {Size} in {Seconds} s")]
    private static partial void LogGenerated(ILogger logger, Exception exception, string size, double seconds);

    private sealed class Logger(ConsoleFormatter console, TextWriter writer, IExternalScopeProvider scopes) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            console.Write(new LogEntry<TState>(logLevel, "Test", eventId, state, exception, formatter), scopes, writer);
    }
}
