using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>
/// A generation as server-sent events. The headers go when it is accepted, or with the first sign of life: what is refused before that is an error like any
/// other. What goes wrong later is an event.
/// </summary>
internal sealed class OpenAiStream(JobCalls calls, IOptions<OpenAiOptions> options, TimeProvider time, ILogger<OpenAiStream> logger)
{
    /// <returns>What was drawn; null when that has failed, which the client has been told.</returns>
    public async Task<GenerationResult?> WriteAsync(DialectCall call, OpenAiRequest parsed, JobSubmission submission, ServedModel served)
    {
        ResponseHeaders.SetIgnored(call.Context.Response, parsed.Ignored);
        var stream = new ServerSentEvents(call.Context);
        var events = new OpenAiEvents(stream, parsed, time);
        var progress = new OpenAiProgress(parsed.Previews);
        using var left = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted);
        var drawing = DrawAsync(submission, served, progress, left.Token);
        try
        {
            while (await stream.WaitAsync(progress.Events.WaitToReadAsync().AsTask(), TimeSpan.FromSeconds(options.Value.KeepAliveSeconds), time, "ping"))
            {
                while (progress.Events.TryRead(out var happened))
                {
                    await events.WriteAsync(happened);
                }
            }
            var result = (await drawing).Result;
            // Of a job that was drawn before, nothing is told on the way.
            foreach (var picture in result.Pictures.Where(picture => !picture.IsFiltered))
            {
                await events.WriteAsync(picture);
            }
            return events.HasPicture ? result : throw OpenAiErrors.Withheld();
        }
        catch (Exception exception) when (call.Context.Response.HasStarted && !call.Aborted.IsCancellationRequested)
        {
            await events.WriteAsync(DialectRoutes.Error(exception, logger));
            return null;
        }
        finally
        {
            // A client who has left, or who cannot be told any more, ends it.
            await left.CancelAsync();
            await ((Task)drawing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<FinishedJob> DrawAsync(JobSubmission submission, ServedModel served, OpenAiProgress progress, CancellationToken left)
    {
        try
        {
            return await calls.RunAsync(submission, served, progress, left);
        }
        finally
        {
            progress.End();
        }
    }
}
