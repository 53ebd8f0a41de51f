using System.Collections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace QwenMesh.ServiceDefaults;

/// <summary>The framework's JSON lines, with every part of a line cut to <see cref="LogBounds"/> before it is written.</summary>
internal sealed class BoundedJsonFormatter(IServiceProvider services) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "bounded-json";

    // Found when the first line is written: this formatter is one of those that are looked through.
    private ConsoleFormatter? _json;

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        _json ??= services.GetServices<ConsoleFormatter>().First(formatter => formatter.Name == ConsoleFormatterNames.Json);
        var exception = logEntry.Exception is { } thrown ? BoundedException.Of(thrown) : null;
        var message = logEntry.Formatter?.Invoke(logEntry.State, logEntry.Exception);
        var entry = new LogEntry<BoundedState>(
            logEntry.LogLevel, logEntry.Category, logEntry.EventId, new BoundedState(logEntry.State), exception,
            (_, _) => LogBounds.Text(message ?? "", LogBounds.Message));
        _json.Write(in entry, scopeProvider is null ? null : new BoundedScopes(scopeProvider), textWriter);
    }

    private sealed class BoundedScopes(IExternalScopeProvider scopes) : IExternalScopeProvider
    {
        public void ForEachScope<TState>(Action<object?, TState> callback, TState state) =>
            scopes.ForEachScope((scope, passed) => callback(Of(scope), passed), state);

        public IDisposable Push(object? state) => scopes.Push(state);

        private static object? Of(object? scope) =>
            scope is IEnumerable<KeyValuePair<string, object?>> ? new BoundedState(scope) : LogBounds.Of(scope);
    }

    /// <summary>A message's or a scope's values and its text.</summary>
    private sealed class BoundedState(object? state) : IReadOnlyList<KeyValuePair<string, object?>>
    {
        private readonly IReadOnlyList<KeyValuePair<string, object?>> _values =
            state is IEnumerable<KeyValuePair<string, object?>> values ? [.. values.Select(LogBounds.Of)] : [];

        public int Count => _values.Count;

        public KeyValuePair<string, object?> this[int index] => _values[index];

        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => _values.GetEnumerator();

        public override string ToString() => LogBounds.Text(state?.ToString() ?? "", LogBounds.Message);

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
