using QwenMesh.Gateway.Stages;

namespace QwenMesh.Gateway.Generation;

/// <summary>
/// How often and for how long one generation is tried again. A replica that went away while it worked costs one of a few attempts, since the request
/// may be the reason. A stage none of whose replicas takes the call, e.g. while the only one restarts, costs time: it is asked until the patience ends.
/// </summary>
internal sealed class RetryBudget(int maxAttempts, TimeSpan patience, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private int _losses;
    private int _refusals;
    private string? _refusedBy;
    private long _since;

    /// <summary>Before the next attempt, when no other replica is left: 0.25 s, 0.5 s, then 1 s each.</summary>
    public TimeSpan Pause => FirstPause * Math.Pow(2, Math.Max(_refusals - 1, 0)) is var pause && pause < LongestPause ? pause : LongestPause;

    /// <summary>Whether the failure is the first refusal in a row by its stage.</summary>
    public bool IsFirst => _refusals <= 1;

    public bool Allows(StageCallException failure) => maxAttempts > 1 && (failure.Refused
        ? patience > TimeSpan.Zero && (_refusedBy != failure.Fault.Stage || time.GetElapsedTime(_since) < patience)
        : _losses + 1 < maxAttempts);

    /// <summary>Counts a failure after which there will be another attempt.</summary>
    public void Spend(StageCallException failure)
    {
        if (!failure.Refused)
        {
            _losses++;
            (_refusals, _refusedBy) = (0, null);
            return;
        }
        if (_refusedBy != failure.Fault.Stage)
        {
            (_refusals, _refusedBy, _since) = (0, failure.Fault.Stage, time.GetTimestamp());
        }
        _refusals = Math.Min(_refusals + 1, 16);
    }
}
