using QwenMesh.StageHost.Calls;

namespace QwenMesh.Vae;

/// <summary>One picture, computed in one part.</summary>
/// <param name="run">Computes it and posts the result.</param>
/// <param name="input">What is held for it.</param>
internal sealed class PictureSession(Action<CancellationToken> run, IDisposable? input = null) : IStageSession
{
    public bool Advance(CancellationToken cancellation)
    {
        run(cancellation);
        return false;
    }

    public void Dispose() => input?.Dispose();
}
