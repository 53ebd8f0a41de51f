namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>What a transaction tells those who wait: here once it is committed, and as short texts to other Gateways.</summary>
internal sealed class Notices
{
    private readonly HashSet<string> _texts = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Texts => _texts;

    /// <summary>A job waits to be claimed.</summary>
    public void Queue() => _texts.Add("q");

    /// <summary>A webhook is due.</summary>
    public void Webhook() => _texts.Add("w");

    /// <summary>A job has ended.</summary>
    public void Ended() => _texts.Add("e");

    /// <summary>A job has changed.</summary>
    public void Job(string id) => _texts.Add("j:" + id);

    /// <summary>The end of a running job is asked for.</summary>
    public void Cancel(string id) => _texts.Add("c:" + id);

    public void Raise(JobSignals signals)
    {
        foreach (var text in _texts)
        {
            Raise(text, signals);
        }
    }

    /// <summary>Raises what a text says; texts of later versions say nothing.</summary>
    public static void Raise(string text, JobSignals signals)
    {
        switch (text)
        {
            case "q": signals.Queue.Raise(); break;
            case "w": signals.WebhookDue.Raise(); break;
            case "e": signals.Ended.Raise(); break;
            case ['j', ':', .. var id]: signals.Changed(id); break;
            case ['c', ':', .. var id]: signals.CancelAsked(id); break;
        }
    }
}
