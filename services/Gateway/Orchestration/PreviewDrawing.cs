using QwenMesh.Gateway.Artifacts;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Stages;

namespace QwenMesh.Gateway.Orchestration;

/// <summary>
/// What one picture's denoising tells on its way. Previews are decoded beside it, one at a time; those that come while one is decoded are left out, and
/// so is one that fails, or is not there when the denoising ends: a preview must not cost the picture, nor its time.
/// </summary>
internal sealed partial class PreviewDrawing(
    GenerationRun run, int number, Func<GenerationRun, Artifact, CancellationToken, Task<byte[]>> decodeAsync, ILogger logger, CancellationToken cancellationToken)
    : IDenoiseEvents, IAsyncDisposable
{
    private readonly CancellationTokenSource _denoised = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    private Task _decoding = Task.CompletedTask;

    public void StepDone(int step, int total) => run.Report(new StepProgress(number, step, total));

    public void Preview(int step, Artifact latents)
    {
        if (_decoding.IsCompleted)
        {
            _decoding = DecodeAsync(step, latents);
        }
        else
        {
            latents.Dispose();
        }
    }

    /// <summary>Ends the last preview, so that none comes after its picture.</summary>
    public async ValueTask DisposeAsync()
    {
        await _denoised.CancelAsync();
        await _decoding;
        _denoised.Dispose();
    }

    private async Task DecodeAsync(int step, Artifact latents)
    {
        using (latents)
        {
            try
            {
                run.Report(new PreviewDrawn(number, step, await decodeAsync(run, latents, _denoised.Token)));
            }
            catch (Exception exception)
            {
                LogLeftOut(logger, step, exception.Message);
            }
        }
    }

    [LoggerMessage(51, LogLevel.Debug, "The preview of step {Step} is left out: {Reason}")]
    private static partial void LogLeftOut(ILogger logger, int step, string reason);
}
