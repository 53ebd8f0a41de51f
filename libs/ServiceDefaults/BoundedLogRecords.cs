using OpenTelemetry;
using OpenTelemetry.Logs;

namespace QwenMesh.ServiceDefaults;

/// <summary>Cuts what is too long in a log record before it is exported.</summary>
internal sealed class BoundedLogRecords : BaseProcessor<LogRecord>
{
    public override void OnEnd(LogRecord data)
    {
        data.FormattedMessage = data.FormattedMessage is { } message ? LogBounds.Text(message, LogBounds.Message) : null;
        data.Body = data.Body is { } body ? LogBounds.Text(body, LogBounds.Message) : null;
        data.Attributes = data.Attributes?.Select(LogBounds.Of).ToArray();
        data.Exception = data.Exception is { } exception ? BoundedException.Of(exception) : null;
    }
}
