using QwenMesh.Gateway.Artifacts;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Orchestration;

/// <summary>
/// The previews of one picture's denoising. They are decoded beside it, one at a time; those that come while one is decoded are left out, and
/// so is one that fails, or is not there when the denoising ends: a preview must not cost the picture, nor its time.
/// </summary>
internal sealed partial class PreviewDrawing(
    GenerationRun run, int number, Func<GenerationRun, Artifact, CancellationToken, Task<byte[]>> decodeAsync, ILogger logger, CancellationToken cancellationToken)
    : IAsyncDisposable
{
    private readonly CancellationTokenSource _denoised = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    private Task _decoding = Task.CompletedTask;

    /// <summary>Takes latents, which are its own from now on.</summary>
    public void Draw(int step, Artifact latents)
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
