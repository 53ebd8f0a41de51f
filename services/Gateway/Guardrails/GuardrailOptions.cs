namespace QwenMesh.Gateway.Guardrails;

/// <summary>Section <c>Guardrails</c>. Checked once, before the ports open.</summary>
internal sealed class GuardrailOptions
{
    public const string Section = "Guardrails";

    // A century.
    private const int MostAuditDays = 36_500;

    /// <summary>Text file of phrases that no prompt may contain, one a line; read again when it has changed. Default empty: none.</summary>
    public string DenyFile { get; set; } = "";

    /// <summary>Further such phrases. Default none.</summary>
    public IList<string> Deny { get; set; } = [];

    /// <summary>The external moderation service.</summary>
    public ModerationOptions Moderation { get; set; } = new();

    /// <summary>Days that audit records are kept; 0 keeps them for ever. Default 90.</summary>
    public double AuditDays { get; set; } = 90;

    internal IEnumerable<string> Validate()
    {
        if (!(AuditDays is >= 0 and <= MostAuditDays))
        {
            yield return FormattableString.Invariant($"{Section}:{nameof(AuditDays)} is {AuditDays}; 0 to {MostAuditDays} are allowed");
        }
        for (var i = 0; i < Deny.Count; i++)
        {
            if (DenyPhrase.FaultOf(Deny[i]) is { } fault)
            {
                yield return $"{Section}:{nameof(Deny)}:{i} {fault}";
            }
        }
        foreach (var fault in FileFaults())
        {
            yield return $"{Section}:{nameof(DenyFile)}: {fault}";
        }
        foreach (var fault in Moderation.Validate($"{Section}:{nameof(Moderation)}"))
        {
            yield return fault;
        }
    }

    private IReadOnlyList<string> FileFaults()
    {
        if (DenyFile.Length == 0)
        {
            return [];
        }
        try
        {
            using var file = DenyFileReader.Open(DenyFile);
            return DenyFileReader.Read(file).Faults;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return [$"'{DenyFile}' cannot be read: {exception.Message}"];
        }
    }
}
