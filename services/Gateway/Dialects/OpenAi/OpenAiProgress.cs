using System.Threading.Channels;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>
/// What a stream tells of a generation, in its order: that it is accepted, previews of the first picture, and every picture once. A job that is taken up
/// again draws what it has drawn before; nothing is told twice.
/// </summary>
/// <param name="previews">At most so many.</param>
internal sealed class OpenAiProgress(int previews) : IGenerationProgress
{
    private readonly Channel<GenerationEvent> _events = Channel.CreateUnbounded<GenerationEvent>(new UnboundedChannelOptions { SingleReader = true });
    private readonly HashSet<int> _drawn = [];
    private readonly Lock _lock = new();
    private bool _isAccepted;
    private int _previewed;
    private int _step;

    public ChannelReader<GenerationEvent> Events => _events.Reader;

    public void Report(GenerationEvent happened)
    {
        lock (_lock)
        {
            if (IsTold(happened))
            {
                _events.Writer.TryWrite(happened);
            }
        }
    }

    /// <summary>Nothing more happens.</summary>
    public void End() => _events.Writer.TryComplete();

    private bool IsTold(GenerationEvent happened)
    {
        switch (happened)
        {
            case GenerationAccepted when !_isAccepted:
                return _isAccepted = true;
            // Events do not name their picture, so that those of several could not be told apart.
            case PreviewDrawn { Picture: 0 } preview when preview.Step > _step && _previewed < previews && !_drawn.Contains(0):
                (_step, _previewed) = (preview.Step, _previewed + 1);
                return true;
            case PictureDrawn { Picture: { IsFiltered: false } picture }:
                return _drawn.Add(picture.Number);
            default:
                return false;
        }
    }
}
