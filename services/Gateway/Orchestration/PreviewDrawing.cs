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
    private Task _told = Task.CompletedTask;
    private volatile bool _isDecoding;

    /// <summary>Takes latents, which are its own from now on.</summary>
    public void Draw(int step, Artifact latents)
    {
        if (_isDecoding)
        {
            latents.Dispose();
            return;
        }
        _isDecoding = true;
        _told = DrawAsync(step, latents, _told);
    }

    /// <summary>Ends the last preview, so that none comes after its picture.</summary>
    public async ValueTask DisposeAsync()
    {
        await _denoised.CancelAsync();
        await _told;
        _denoised.Dispose();
    }

    private async Task DrawAsync(int step, Artifact latents, Task before)
    {
        try
        {
            var file = await DecodeAsync(latents);
            await before;
            run.Report(new PreviewDrawn(number, step, file));
        }
        catch (Exception exception)
        {
            LogLeftOut(logger, step, exception.Message);
            await before;
        }
    }

    // Over before it is told of: whoever has seen a preview may have the next one sent at once, and that one is not left out.
    private async Task<byte[]> DecodeAsync(Artifact latents)
    {
        try
        {
            using (latents)
            {
                return await decodeAsync(run, latents, _denoised.Token);
            }
        }
        finally
        {
            _isDecoding = false;
        }
    }

    [LoggerMessage(51, LogLevel.Debug, "The preview of step {Step} is left out: {Reason}")]
    private static partial void LogLeftOut(ILogger logger, int step, string reason);
}
