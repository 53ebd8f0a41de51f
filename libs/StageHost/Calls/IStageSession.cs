namespace QwenMesh.StageHost.Calls;

/// <summary>
/// One request being computed, part by part (a step, a picture). Whoever drives sessions decides which part is computed next: today one session after
/// the other, each on a thread of its own; a batcher may advance several with one run of the model. Used from one thread at a time.
/// </summary>
public interface IStageSession : IDisposable
{
    /// <summary>Computes the next part and posts what it gives.</summary>
    /// <param name="cancellation">Checked between the parts' own parts.</param>
    /// <returns>Whether there is another part.</returns>
    bool Advance(CancellationToken cancellation);

    /// <summary>Posts what another replica goes on from, between two parts. Not by default.</summary>
    /// <returns>False when the caller could not go on from it; the session is then computed to its end.</returns>
    bool HandBack() => false;
}
