namespace QwenMesh.Gateway.Dialects.WaveSpeed;

/// <summary>Section <c>WaveSpeed</c>. Checked once, before the ports open.</summary>
internal sealed class WaveSpeedOptions
{
    public const string Section = "WaveSpeed";

    /// <summary>Seconds that a submission with enable_sync_mode waits for its picture; then it is answered as it is. Default 120.</summary>
    public double SyncSeconds { get; set; } = 120;

    internal IEnumerable<string> Validate()
    {
        if (SyncSeconds is not (>= 0.001 and <= 3600))
        {
            yield return FormattableString.Invariant($"{Section}:{nameof(SyncSeconds)} is {SyncSeconds}; 0.001 to 3600 are allowed");
        }
    }
}
