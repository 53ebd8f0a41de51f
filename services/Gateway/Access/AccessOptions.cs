namespace QwenMesh.Gateway.Access;

/// <summary>Section <c>Access</c>: who may call. Checked before the ports open; docs/access.md.</summary>
internal sealed class AccessOptions
{
    public const string Section = "Access";

    /// <summary>API keys, besides those of the file.</summary>
    public IList<KeyOptions> Keys { get; set; } = [];

    /// <summary>JSON file with a list of keys, e.g. a mounted secret; read again when it changes. Default none.</summary>
    public string KeyFile { get; set; } = "";

    /// <summary>Seconds between two looks at the file. Default 5.</summary>
    public double KeyFileSeconds { get; set; } = 5;

    /// <summary>Callers without a key are served, also on addresses that others reach. Default false.</summary>
    public bool AllowAnonymous { get; set; }

    /// <summary>What callers without a key may ask for, all of them together.</summary>
    public CallerOptions Anonymous { get; set; } = new();

    /// <summary>Whether there are keys, however few the file has at the moment.</summary>
    internal bool HasKeys => Keys.Count > 0 || KeyFile.Length > 0;

    /// <summary>Whether a request without a key is refused.</summary>
    internal bool NeedsKey => HasKeys && !AllowAnonymous;

    internal IEnumerable<string> Validate()
    {
        if (!(KeyFileSeconds is >= 0.05 and <= 3600))
        {
            yield return FormattableString.Invariant($"{Section}:{nameof(KeyFileSeconds)} is {KeyFileSeconds}; 0.05 to 3600 are allowed");
        }
        foreach (var fault in Anonymous.Validate($"{Section}:{nameof(Anonymous)}").Concat(KeyOptions.Validate([.. Keys], $"{Section}:{nameof(Keys)}")))
        {
            yield return fault;
        }
        if (KeyFile.Length == 0)
        {
            yield break;
        }
        var (all, faults) = Access.KeyFile.Read(this);
        foreach (var fault in all is null ? faults : [])
        {
            yield return $"{Section}:{nameof(KeyFile)}: {fault}";
        }
    }
}
