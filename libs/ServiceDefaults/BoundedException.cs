namespace QwenMesh.ServiceDefaults;

/// <summary>Stands for an exception whose text is too long for a log.</summary>
internal sealed class BoundedException : Exception
{
    private readonly string _text;

    private BoundedException(Exception exception, string text)
        : base(LogBounds.Text(exception.Message, LogBounds.Message)) =>
        _text = LogBounds.Text(text, LogBounds.Exception);

    public static Exception Of(Exception exception) =>
        exception.ToString() is { Length: > LogBounds.Exception } text ? new BoundedException(exception, text) : exception;

    public override string ToString() => _text;
}
