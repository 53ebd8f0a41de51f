namespace QwenMesh.Gateway.Dialects.Nim;

/// <summary>Section <c>Nim</c>. Checked once, before the ports open.</summary>
internal sealed class NimOptions
{
    public const string Section = "Nim";

    /// <summary>Seconds that a call without NVCF-POLL-SECONDS waits for its picture; then it is answered with 202, to be asked for. Default 300.</summary>
    public double HoldSeconds { get; set; } = 300;

    internal IEnumerable<string> Validate()
    {
        if (HoldSeconds is not (>= 0 and <= NimHeaders.MaxPollSeconds))
        {
            yield return FormattableString.Invariant($"{Section}:{nameof(HoldSeconds)} is {HoldSeconds}; 0 to {NimHeaders.MaxPollSeconds} are allowed");
        }
    }
}
