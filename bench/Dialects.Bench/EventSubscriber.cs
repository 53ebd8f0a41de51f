namespace QwenMesh.Dialects.Bench;

/// <summary>One listener, which notes when it hears of which job.</summary>
internal sealed class EventSubscriber(HttpClient http, int jobs)
{
    private const string Field = "\"generation_id\":\"";
    private const int IdLength = 36;

    private StreamReader? _lines;

    /// <summary>When it was told of a job's end first.</summary>
    public Dictionary<string, DateTimeOffset> Received { get; } = new(StringComparer.Ordinal);

    /// <summary>Events of jobs that it knew of.</summary>
    public int Repeated { get; private set; }

    public async Task ConnectAsync(CancellationToken cancellationToken) =>
        _lines = new StreamReader(await http.GetStreamAsync(new Uri("/api/events", UriKind.Relative), cancellationToken));

    /// <summary>Until it has heard of so many jobs.</summary>
    public async Task ListenAsync(CancellationToken cancellationToken)
    {
        using var lines = _lines!;
        while (Received.Count < jobs)
        {
            var line = await lines.ReadLineAsync(cancellationToken) ?? throw new IOException("the events have ended");
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                var id = line.Substring(line.IndexOf(Field, StringComparison.Ordinal) + Field.Length, IdLength);
                Repeated += Received.TryAdd(id, DateTimeOffset.UtcNow) ? 0 : 1;
            }
        }
    }
}
