using System.Diagnostics;
using System.Threading.Channels;
using Google.Protobuf;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.FrontDoor;

/// <summary>A generation's events as messages, in order, until its end.</summary>
internal sealed class EventStream(ModelDirectory models, TimeProvider time) : IGenerationProgress
{
    private readonly Channel<GenerateEvent> _messages = Channel.CreateUnbounded<GenerateEvent>(new UnboundedChannelOptions { SingleReader = true });
    private readonly long _started = time.GetTimestamp();
    private ImageFormat _format;

    public IAsyncEnumerable<GenerateEvent> ReadAllAsync(CancellationToken cancellationToken) => _messages.Reader.ReadAllAsync(cancellationToken);

    public void Complete() => _messages.Writer.TryComplete();

    public void Report(GenerationEvent happened)
    {
        foreach (var message in Messages(happened))
        {
            message.Seconds = Seconds;
            _messages.Writer.TryWrite(message);
        }
    }

    public GenerateEvent Done(GenerationResult result)
    {
        var timings = result.Timings;
        return new GenerateEvent
        {
            Seconds = Seconds,
            Done = new GenerationDone
            {
                Pictures = result.Pictures.Count,
                PromptTruncated = result.PromptTruncated,
                NegativePromptTruncated = result.NegativePromptTruncated,
                Timings =
                {
                    { "encode", timings.Encode }, { "denoise", timings.Denoise }, { "decode", timings.Decode }, { "image", timings.Image },
                    { "total", timings.Total },
                },
            },
        };
    }

    private double Seconds => time.GetElapsedTime(_started).TotalSeconds;

    private IEnumerable<GenerateEvent> Messages(GenerationEvent happened)
    {
        switch (happened)
        {
            case Generation.GenerationAccepted accepted:
                _format = GenerateTranslation.ToWire(accepted.Request.Format);
                return [new GenerateEvent { Accepted = Accepted(accepted.Request) }];
            case StageProgress stage:
                return [Progress(stage.Stage, stage.Picture, stage.Ended ? 1 : 0, 1)];
            case StepProgress step:
                return [Progress("denoise", step.Picture, step.Step, step.Total)];
            case PreviewDrawn preview:
                return [new GenerateEvent
                {
                    Preview = new GenerationPreview { Picture = preview.Picture, Step = preview.Step, Image = UnsafeByteOperations.UnsafeWrap(preview.File) },
                }];
            case PictureDrawn drawn:
                return ImagePieces.Of(drawn.Picture, _format).Select(piece => new GenerateEvent { Image = piece });
            default:
                throw new UnreachableException($"an event of type {happened.GetType().Name}");
        }
    }

    private Protocol.V1.GenerationAccepted Accepted(GenerationRequest request) => new()
    {
        Model = (request.Model is { } name ? models.Find(name) : models.Current)?.ModelId ?? "",
        Width = request.Size!.Value.Width,
        Height = request.Size.Value.Height,
        Steps = request.Steps!.Value,
        Guidance = request.Guidance!.Value,
        Seed = request.Seed,
        Count = request.Count,
    };

    private static GenerateEvent Progress(string stage, int picture, int step, int total) =>
        new() { Progress = new GenerationProgress { Stage = stage, Picture = picture, Step = step, Total = total } };
}
