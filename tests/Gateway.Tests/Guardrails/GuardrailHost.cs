using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.Guardrails;

/// <summary>Guardrails as they are registered, with an audit trail in memory, a clock that stands still, and everything logged and counted at hand.</summary>
internal sealed class GuardrailHost : IAsyncDisposable
{
    private readonly ServiceProvider _provider;
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<string> _refused = new();

    public GuardrailHost(params (string Key, string Value)[] settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection([KeyValuePair.Create("Guardrails:Moderation:TimeoutSeconds", (string?)"60")]) // Of a service that answers, on any machine.
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"Guardrails:{setting.Key}", (string?)setting.Value))).Build());
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(Logs)).AddMetrics();
        services.AddSingleton<TimeProvider>(Clock).AddSingleton<IAuditTrail>(Audit);
        services.AddGuardrails();
        _provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        var factory = _provider.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == factory && instrument.Name == "qwenmesh.gateway.guardrails.refused")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, count, tags, _) => _refused.Enqueue(
            $"{count} {string.Join(' ', tags.ToArray().OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"{tag.Key}={tag.Value}"))}"));
        _listener.Start();
    }

    public StillClock Clock { get; } = new();

    public MemoryAudit Audit { get; } = new();

    public CapturedLogs Logs { get; } = new();

    /// <summary>E.g. "1 rule=deny subject=prompt".</summary>
    public IReadOnlyCollection<string> Refused => _refused;

    public Task CheckAsync(GenerationRequest request, CancellationToken? cancellationToken = null) =>
        _provider.GetRequiredService<IGuardrails>().CheckAsync(request, "key-1", cancellationToken ?? TestContext.Current.CancellationToken);

    public Task<bool> IsWithheldAsync(byte[] file) => _provider.GetRequiredService<IGuardrails>().IsWithheldAsync(
        file, ImageFormat.Png, "key-1", "job-1", TestContext.Current.CancellationToken);

    /// <summary>The fault with which a request is refused; null when it passes.</summary>
    public async Task<GenerationFault?> FaultOfAsync(string prompt, params byte[][] references)
    {
        try
        {
            await CheckAsync(new GenerationRequest { Prompt = prompt, Seed = 1, References = [.. references.Select(file => (ReadOnlyMemory<byte>)file)] });
            return null;
        }
        catch (GenerationException exception)
        {
            return exception.Fault;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _provider.DisposeAsync();
    }
}

internal sealed class StillClock : TimeProvider
{
    private long _seconds;

    public override long TimestampFrequency => 1;

    public override long GetTimestamp() => _seconds;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(_seconds);

    public void Pass(int seconds) => _seconds += seconds;
}

internal sealed class MemoryAudit : IAuditTrail
{
    public ConcurrentQueue<AuditRecord> Records { get; } = new();

    /// <summary>Thrown in place of recording.</summary>
    public Exception? Failure { get; set; }

    public Task RecordAsync(AuditRecord record, CancellationToken cancellationToken)
    {
        if (Failure is not null)
        {
            return Task.FromException(Failure);
        }
        Records.Enqueue(record);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<AuditRecord>> ListAsync(int most, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<AuditRecord>>([.. Records.Reverse().Take(most)]);

    public Task ForgetAsync(DateTimeOffset before, CancellationToken cancellationToken) => throw new NotSupportedException();
}

/// <summary>Every message at every level, with its exception.</summary>
internal sealed class CapturedLogs : ILoggerProvider, ILogger
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue($"{logLevel} {eventId.Id} {formatter(state, exception)} {exception}");

    public void Dispose()
    {
    }
}
