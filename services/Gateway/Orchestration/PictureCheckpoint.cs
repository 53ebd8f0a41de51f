using QwenMesh.Gateway.Artifacts;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Stages;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Gateway.Orchestration;

/// <summary>
/// How far one picture's denoising has come: what the next attempt goes on from. The newest latents stay in the artifact store, for another replica; now
/// and then they are kept for another Gateway.
/// </summary>
internal sealed class PictureCheckpoint(GenerationRun run, PictureCalls picture, ArtifactStore artifacts, int interval) : IDisposable
{
    private readonly string _plan = CheckpointPlan.Of(run.Plan, picture);
    private Artifact? _latents;

    /// <summary>Steps done.</summary>
    public int Step { get; private set; }

    /// <summary>Takes up what another Gateway has kept.</summary>
    /// <returns>The latents, when no step is left; the caller disposes them. Null when there is something to do.</returns>
    public async Task<Artifact?> RestoreAsync(CancellationToken cancellationToken)
    {
        if (run.Checkpoints is null || await run.Checkpoints.FindAsync(picture.Number, _plan, cancellationToken) is not { } kept)
        {
            return null;
        }
        var latents = artifacts.Put(
            $"{run.Key}/{picture.Number}/restored", new OutgoingTensor("latents", DataType.Float32, [.. kept.Shape], kept.Latents));
        if (kept.IsLast)
        {
            return latents;
        }
        (_latents, Step) = (latents, kept.Step);
        return null;
    }

    /// <summary>The call for the steps that are left.</summary>
    /// <param name="conditioning">What all pictures are drawn from.</param>
    public (DenoiseParameters Parameters, IReadOnlyList<OutgoingArtifact> Tensors) Rest(IReadOnlyList<OutgoingArtifact> conditioning)
    {
        var parameters = picture.Denoise.Clone();
        parameters.CheckpointInterval = interval;
        if (_latents is null)
        {
            return (parameters, conditioning);
        }
        parameters.StartStep = Step;
        parameters.RequiredFeatures.Add(StageFeatures.Resume);
        return (parameters, [.. conditioning, new OutgoingArtifact(_latents, "latents")]);
    }

    /// <summary>Takes the next latents, which are its own from now on.</summary>
    public ValueTask TakeAsync(int step, Artifact latents)
    {
        _latents?.Dispose();
        (_latents, Step) = (latents, step);
        return KeepAsync(step, latents, isLast: false);
    }

    /// <summary>All steps are done. The latents stay the caller's.</summary>
    public ValueTask EndAsync(Artifact latents) => KeepAsync(picture.Denoise.NumInferenceSteps, latents, isLast: true);

    /// <summary>Begins anew: no replica can go on from it.</summary>
    public void Forget()
    {
        _latents?.Dispose();
        (_latents, Step) = (null, 0);
    }

    public void Dispose() => _latents?.Dispose();

    private async ValueTask KeepAsync(int step, Artifact latents, bool isLast)
    {
        if (run.Checkpoints is { } checkpoints && checkpoints.Wants(picture.Number))
        {
            checkpoints.Keep(picture.Number, new Checkpoint(_plan, step, isLast, latents.Header.Shape, await latents.ReadBytesAsync()));
        }
    }
}
