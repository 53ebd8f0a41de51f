namespace QwenMesh.Mesh.Tests.Faults;

/// <summary>A fault that waits for its moment, and hits once.</summary>
/// <param name="fault">What it does.</param>
/// <param name="isMoment">Whether this is the piece to hit.</param>
/// <param name="isArmed">Whether it hits from the start on.</param>
internal sealed class Strike(Fault fault, Func<Piece, bool> isMoment, bool isArmed = true)
{
    private readonly TaskCompletionSource _hit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left = 1;
    private volatile bool _isArmed = isArmed;

    /// <summary>Ends when it has hit.</summary>
    public Task Hit => _hit.Task;

    public bool HasHit => Hit.IsCompleted;

    public void Arm() => _isArmed = true;

    /// <summary>The fault for a piece that is about to be passed on.</summary>
    public Fault? Take(Piece piece)
    {
        if (!_isArmed || !isMoment(piece) || Interlocked.Exchange(ref _left, 0) == 0)
        {
            return null;
        }
        _hit.SetResult();
        return fault;
    }
}
