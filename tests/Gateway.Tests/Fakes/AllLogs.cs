using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>All log lines of a Gateway at all levels, with their exceptions and scopes; each begins with its category.</summary>
internal sealed class AllLogs : ILoggerProvider, ISupportExternalScope
{
    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

    public ConcurrentQueue<string> Lines { get; } = new();

    /// <summary>For the Gateway's services.</summary>
    public void AddTo(IServiceCollection services)
    {
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddFilter<AllLogs>(null, LogLevel.Trace));
        services.AddSingleton<ILoggerProvider>(this);
    }

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public ILogger CreateLogger(string categoryName) => new Line(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Line(AllLogs owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => owner._scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var text = new StringBuilder($"{category}: {formatter(state, exception)} {exception}");
            owner._scopes.ForEachScope((scope, line) => line.Append(" | ").Append(scope), text);
            owner.Lines.Enqueue(text.ToString());
        }
    }
}
