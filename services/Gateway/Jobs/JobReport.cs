using System.Threading.Channels;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Jobs;

/// <summary>
/// What a running job tells, on its way into the store and to a caller in this process: files first, then the event that names them. Steps are stored a few
/// times a second, everything else at once. The drawing does not wait for it.
/// </summary>
internal sealed class JobReport : IGenerationProgress
{
    private static readonly TimeSpan StepPause = TimeSpan.FromMilliseconds(100);

    private readonly Channel<GenerationEvent> _events = Channel.CreateUnbounded<GenerationEvent>(new UnboundedChannelOptions { SingleReader = true });
    private readonly List<JobEventData> _unwritten = [];
    private readonly List<GeneratedPicture> _pictures = [];
    private readonly ClaimedJob _claimed;
    private readonly JobFiles _files;
    private readonly IGenerationProgress? _local;
    private readonly Func<IReadOnlyList<JobEventData>, Task> _appendAsync;
    private readonly Task _writing;

    /// <param name="claimed">The job.</param>
    /// <param name="files">Keeps its pictures.</param>
    /// <param name="local">A listener in this process; null for none.</param>
    /// <param name="appendAsync">Stores events.</param>
    public JobReport(ClaimedJob claimed, JobFiles files, IGenerationProgress? local, Func<IReadOnlyList<JobEventData>, Task> appendAsync)
    {
        (_claimed, _files, _local, _appendAsync) = (claimed, files, local, appendAsync);
        _writing = Task.Run(WriteAllAsync);
    }

    public void Report(GenerationEvent happened) => _events.Writer.TryWrite(happened);

    /// <summary>Waits until everything that was reported is stored, but for the last events.</summary>
    /// <returns>The pictures as their client may see them, and the events that are to be stored with the end.</returns>
    /// <exception cref="GenerationException">A picture could not be kept.</exception>
    public async Task<(IReadOnlyList<GeneratedPicture> Pictures, IReadOnlyList<JobEventData> Events)> CompleteAsync()
    {
        _events.Writer.TryComplete();
        await _writing;
        return ([.. _pictures.OrderBy(picture => picture.Number)], _unwritten);
    }

    private async Task WriteAllAsync()
    {
        while (await _events.Reader.WaitToReadAsync())
        {
            var isUrgent = false;
            while (_events.Reader.TryRead(out var happened))
            {
                if (await KeepAsync(happened) is { } stored)
                {
                    _unwritten.Add(stored);
                    isUrgent |= JobEvents.IsUrgent(stored);
                }
            }
            if (!isUrgent)
            {
                // More steps come within this time; they are stored together.
                await Task.WhenAny(_events.Reader.Completion, Task.Delay(StepPause));
            }
            if (!_events.Reader.Completion.IsCompleted && _unwritten.Count > 0)
            {
                await _appendAsync([.. _unwritten]);
                _unwritten.Clear();
            }
        }
    }

    // Null for what is not stored.
    private async Task<JobEventData?> KeepAsync(GenerationEvent happened)
    {
        switch (happened)
        {
            case PictureDrawn { Picture: var drawn }:
                var (picture, kept) = await _files.KeepAsync(_claimed, drawn);
                _pictures.Add(picture);
                _local?.Report(new PictureDrawn(picture));
                return new JobPictureDrawn(kept);
            case PreviewDrawn preview:
                return await KeepAsync(preview);
            default:
                _local?.Report(happened);
                return JobEvents.Of(happened, _claimed.Job.Request.Model ?? "");
        }
    }

    // A preview that guardrails withhold, or that cannot be kept, costs nothing but itself.
    private async Task<JobPreview?> KeepAsync(PreviewDrawn preview)
    {
        try
        {
            if (await _files.KeepAsync(_claimed, preview) is not { } key)
            {
                return null;
            }
            _local?.Report(preview);
            return new JobPreview(preview.Picture, preview.Step, key);
        }
        catch (GenerationException)
        {
            return null;
        }
    }
}
