using Microsoft.Extensions.Options;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost.Calls;
using QwenMesh.TensorWire;
using PromptTemplate = QwenMesh.Encoder.Prompting.PromptTemplate;
using WireTemplate = QwenMesh.Protocol.V1.PromptTemplate;

namespace QwenMesh.Encoder;

/// <summary>The prompts of one call, checked.</summary>
internal sealed record EncodeJob(IReadOnlyList<EncodeKey> Prompts);

/// <summary>EncoderStage.Encode.</summary>
internal sealed class EncodeMethod(EncoderModel model, EncodeCache cache, EncoderInstrumentation telemetry, IOptions<EncoderOptions> options)
    : StageMethod<EncodeRequest, EncodeParameters, EncodeResponse, EncodeJob>
{
    private readonly EncoderOptions _options = options.Value;

    public override IReadOnlyCollection<string> Features { get; } = [StageFeatures.Prompts];

    public override EncodeParameters? ParametersOf(EncodeRequest request) => request.Parameters;

    public override TensorFrame? FrameOf(EncodeRequest request) => request.Frame;

    public override EncodeResponse Started(EncodeJob job, CallStarted call) => new() { Started = call };

    public override EncodeResponse Wrap(TensorFrame frame) => new() { Frame = frame };

    public override EncodeResponse Wrap(CallFinished finished) => new() { Finished = finished };

    public override IReadOnlyList<string> RequiredFeatures(EncodeParameters parameters) => parameters.RequiredFeatures;

    public override ICallInput<EncodeJob> Check(EncodeParameters parameters)
    {
        var template = parameters.Template switch
        {
            WireTemplate.TextToImage => PromptTemplate.TextToImage,
            WireTemplate.Unspecified => throw new WireFormatException("template is required", "parameters.template"),
            var unknown => throw new WireFormatException($"template {(int)unknown} is not known to this version", "parameters.template"),
        };
        if (parameters.Prompts.Count < 1 || parameters.Prompts.Count > _options.MaxPrompts)
        {
            throw new WireFormatException($"{parameters.Prompts.Count} prompts; 1 to {_options.MaxPrompts} are allowed", "parameters.prompts");
        }
        for (var i = 0; i < parameters.Prompts.Count; i++)
        {
            if (parameters.Prompts[i].Length > _options.MaxPromptLength)
            {
                throw new WireFormatException(
                    $"prompt {i} has {parameters.Prompts[i].Length} characters; at most {_options.MaxPromptLength} are allowed", $"parameters.prompts[{i}]");
            }
        }
        if (parameters.MaxSequenceLength < 0 || parameters.MaxSequenceLength > _options.MaxSequenceLength)
        {
            throw new WireFormatException(
                $"max_sequence_length is {parameters.MaxSequenceLength}; 1 to {_options.MaxSequenceLength}, or 0 for the default of "
                + $"{_options.DefaultMaxSequenceLength}, are allowed",
                "parameters.max_sequence_length");
        }
        var length = parameters.MaxSequenceLength == 0 ? _options.DefaultMaxSequenceLength : parameters.MaxSequenceLength;
        return new Input(new EncodeJob([.. parameters.Prompts.Select(prompt => new EncodeKey(template, prompt, length))]));
    }

    public override bool TryAnswer(EncodeJob job, StageOutput<EncodeResponse> output)
    {
        var kept = job.Prompts.Select(cache.Find).ToArray();
        if (Array.Exists(kept, embeds => embeds is null))
        {
            return false;
        }
        output.Post(Started(job, new CallStarted()));
        EncodeSession.Answer(output, [.. kept.Select(embeds => (embeds!, true))]);
        foreach (var _ in kept)
        {
            telemetry.RecordPrompt(cached: true);
        }
        return true;
    }

    public override IStageSession Begin(EncodeJob job, StageOutput<EncodeResponse> output) => new EncodeSession(model.Demand(), cache, telemetry, job, output);

    private sealed class Input(EncodeJob job) : ICallInput<EncodeJob>
    {
        public int MaxTensors => 0;

        public void CheckHeader(TensorHeader header) =>
            throw new WireFormatException("text to image takes no tensors: reference pictures belong to the edit templates");

        public EncodeJob Join(ReceivedTensors tensors) => job;
    }
}
