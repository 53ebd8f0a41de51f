using Microsoft.Extensions.Options;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost.Calls;
using QwenMesh.TensorWire;
using PromptTemplate = QwenMesh.Encoder.Prompting.PromptTemplate;
using WireTemplate = QwenMesh.Protocol.V1.PromptTemplate;

namespace QwenMesh.Encoder;

/// <summary>EncoderStage.Encode.</summary>
internal sealed class EncodeMethod(EncoderModel model, EncodeCache cache, EncoderInstrumentation telemetry, IOptions<EncoderOptions> options)
    : StageMethod<EncodeRequest, EncodeParameters, EncodeResponse, EncodeJob>
{
    private readonly EncoderOptions _options = options.Value;

    public override IReadOnlyCollection<string> Features => EncoderModel.FeaturesOf(model.Demand());

    public override EncodeParameters? ParametersOf(EncodeRequest request) => request.Parameters;

    public override TensorFrame? FrameOf(EncodeRequest request) => request.Frame;

    public override EncodeResponse Started(EncodeJob job, CallStarted call) => new() { Started = call };

    public override EncodeResponse Wrap(TensorFrame frame) => new() { Frame = frame };

    public override EncodeResponse Wrap(CallFinished finished) => new() { Finished = finished };

    public override IReadOnlyList<string> RequiredFeatures(EncodeParameters parameters) => parameters.RequiredFeatures;

    public override ICallInput<EncodeJob> Check(EncodeParameters parameters)
    {
        var encoder = model.Demand();
        var template = Template(parameters);
        if (template.MaxPictures > 0 && !encoder.SeesPictures)
        {
            throw StageFaults.FeatureMissing(EncoderService.Stage, StageFeatures.Images);
        }
        CheckPrompts(parameters, template);
        return new EncodeInput(template, parameters.Prompts, Length(parameters, template), encoder, _options);
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

    private static PromptTemplate Template(EncodeParameters parameters) => parameters.Template switch
    {
        WireTemplate.TextToImage => PromptTemplate.TextToImage,
        WireTemplate.Edit => PromptTemplate.Edit,
        WireTemplate.EditPlus => PromptTemplate.EditPlus,
        WireTemplate.Unspecified => throw new WireFormatException("template is required", "parameters.template"),
        var unknown => throw new WireFormatException($"template {(int)unknown} is not known to this version", "parameters.template"),
    };

    private void CheckPrompts(EncodeParameters parameters, PromptTemplate template)
    {
        if (parameters.Prompts.Count < 1 || parameters.Prompts.Count > _options.MaxPrompts)
        {
            throw new WireFormatException($"{parameters.Prompts.Count} prompts; 1 to {_options.MaxPrompts} are allowed", "parameters.prompts");
        }
        for (var i = 0; i < parameters.Prompts.Count; i++)
        {
            var prompt = parameters.Prompts[i];
            var refusal = prompt.Length > _options.MaxPromptLength
                ? $"it has {prompt.Length} characters; at most {_options.MaxPromptLength} are allowed"
                : template.Refuse(prompt);
            if (refusal is not null)
            {
                throw new WireFormatException($"prompt {i}: {refusal}", EncodeSession.Field(i));
            }
        }
    }

    private int Length(EncodeParameters parameters, PromptTemplate template)
    {
        const string Field = "parameters.max_sequence_length";
        var asked = parameters.MaxSequenceLength;
        if (!template.CutsPrompt)
        {
            return asked == 0 ? 0 : throw new WireFormatException($"max_sequence_length is {asked}; prompts with pictures are not cut: only 0 is allowed", Field);
        }
        if (asked < 0 || asked > _options.MaxSequenceLength)
        {
            throw new WireFormatException(
                $"max_sequence_length is {asked}; 1 to {_options.MaxSequenceLength}, or 0 for the default of {_options.DefaultMaxSequenceLength}, are allowed", Field);
        }
        return asked == 0 ? _options.DefaultMaxSequenceLength : asked;
    }
}
