using QwenMesh.Gateway.Artifacts;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Stages;

namespace QwenMesh.Gateway.Orchestration;

/// <summary>What one picture's denoising tells on its way, to those who want it.</summary>
internal sealed class DenoiseEvents(GenerationRun run, int number, PreviewDrawing previews, PictureCheckpoint checkpoint, StageCallContext call) : IDenoiseEvents
{
    public void StepDone(int step, int total) => run.Report(new StepProgress(number, step, total));

    public void Preview(int step, Artifact latents) => previews.Draw(step, latents);

    public ValueTask CheckpointAsync(int step, Artifact latents)
    {
        call.Progress = step;
        return checkpoint.TakeAsync(step, latents);
    }
}
