using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Stages;

namespace QwenMesh.Gateway.Orchestration;

/// <summary>
/// How often and for how long one call of a generation is tried again. One whose replica went away while it computed is tried on one more, and no further:
/// the request may be the reason, and must not end a whole pool; one that got further than all before it is not. One that was lost before that costs one of a few attempts. A stage none of whose replicas takes the call, e.g. while the only one restarts, costs time: it is asked until the patience ends.
/// </summary>
internal sealed class RetryBudget(int maxAttempts, TimeSpan patience, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private int _deaths;
    private int _progress;
    private int _losses;
    private int _refusals;
    private long _since;

    /// <summary>Before the next attempt, when no other replica is left: 0.25 s, 0.5 s, then 1 s each.</summary>
    public TimeSpan Pause => FirstPause * Math.Pow(2, Math.Max(_refusals - 1, 0)) is var pause && pause < LongestPause ? pause : LongestPause;

    /// <summary>Whether the failure is the first refusal in a row by its stage.</summary>
    public bool IsFirst => _refusals <= 1;

    /// <summary>How far the call has come, over all attempts. What was lost before it got further counts no more.</summary>
    public void Progressed(int progress)
    {
        if (progress > _progress)
        {
            (_progress, _deaths, _losses) = (progress, 0, 0);
        }
    }

    public bool Allows(StageCallException failure) => maxAttempts > 1 && failure.End switch
    {
        CallEnd.Refused => patience > TimeSpan.Zero && (_refusals == 0 || time.GetElapsedTime(_since) < patience),
        CallEnd.Died => _deaths == 0,
        _ => _losses + 1 < maxAttempts,
    };

    /// <summary>Counts a failure after which there will be another attempt.</summary>
    public void Spend(StageCallException failure)
    {
        if (failure.End == CallEnd.Refused)
        {
            if (_refusals == 0)
            {
                _since = time.GetTimestamp();
            }
            _refusals = Math.Min(_refusals + 1, 16);
            return;
        }
        _refusals = 0;
        _deaths += failure.End == CallEnd.Died ? 1 : 0;
        _losses += failure.End == CallEnd.Died ? 0 : 1;
    }
}
