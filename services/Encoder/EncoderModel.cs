using QwenMesh.Checkpoints;
using QwenMesh.Encoder.TextModel;
using QwenMesh.Encoder.Tokenization;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost;
using QwenMesh.Tensors;
using Microsoft.Extensions.Options;
using PromptTemplate = QwenMesh.Encoder.Prompting.PromptTemplate;
using WireTemplate = QwenMesh.Protocol.V1.PromptTemplate;

namespace QwenMesh.Encoder;

/// <summary>The checkpoint's text encoder, once it is loaded.</summary>
internal sealed class EncoderModel(StageModelContext context, IOptions<EncoderOptions> options, EncoderInstrumentation telemetry)
    : StageModel<PromptEncoder>(context)
{
    protected override string Component => "text_encoder";

    protected override IReadOnlyList<string> AlsoDecides => ["tokenizer", "processor"];

    protected override PromptEncoder Load(Checkpoint checkpoint, Func<string, Weights> open, CancellationToken cancellation)
    {
        var config = TextModelConfig.Parse(checkpoint.ReadConfig(Component));
        var tokenizer = QwenTokenizer.Open(checkpoint.ComponentFolder("tokenizer"));
        if (tokenizer.MaxId >= config.VocabularySize)
        {
            throw new CheckpointException(
                checkpoint.ComponentFolder("tokenizer"), null, $"ids below vocab_size ({config.VocabularySize})", $"id {tokenizer.MaxId}");
        }
        return new PromptEncoder(tokenizer, new TextTransformer(config, open(Component), Backend), Backend, telemetry);
    }

    protected override void Describe(PromptEncoder loaded, ModelInfo info)
    {
        info.Features.Add(StageFeatures.Prompts);
        info.Encoder = new EncoderInfo
        {
            HiddenSize = loaded.HiddenSize,
            MaxSequenceLength = options.Value.MaxSequenceLength,
            DefaultMaxSequenceLength = options.Value.DefaultMaxSequenceLength,
            Templates = { WireTemplate.TextToImage },
            MaxPrompts = options.Value.MaxPrompts,
        };
    }

    protected override void WarmUp(PromptEncoder loaded, CancellationToken cancellation) =>
        loaded.Encode(PromptTemplate.TextToImage, "a red circle on a blue background", PromptTemplate.TextToImageMaxLength, cancellation);
}
