using Microsoft.Extensions.Options;
using QwenMesh.Checkpoints;
using QwenMesh.Encoder.Pictures;
using QwenMesh.Encoder.Qwen25Vl;
using QwenMesh.Encoder.Tokenization;
using QwenMesh.Imaging;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost;
using QwenMesh.Tensors;
using PromptTemplate = QwenMesh.Encoder.Prompting.PromptTemplate;
using WireTemplate = QwenMesh.Protocol.V1.PromptTemplate;

namespace QwenMesh.Encoder;

/// <summary>The checkpoint's text encoder, once it is loaded.</summary>
internal sealed class EncoderModel(StageModelContext context, IOptions<EncoderOptions> options, EncoderInstrumentation telemetry)
    : StageModel<PromptEncoder>(context)
{
    /// <summary>Folder of the processor's config.</summary>
    private const string Processor = "processor";

    protected override string Component => "text_encoder";

    protected override IReadOnlyList<string> AlsoDecides => ["tokenizer", Processor];

    /// <summary>What a model offers.</summary>
    public static IReadOnlyList<string> FeaturesOf(PromptEncoder loaded) =>
        loaded.SeesPictures ? [StageFeatures.Prompts, StageFeatures.Images] : [StageFeatures.Prompts];

    /// <summary>
    /// Loads text model and tokenizer, and the vision tower when the checkpoint says how pictures are processed: those for text to image have the
    /// tower's weights, too, but no processor.
    /// </summary>
    /// <exception cref="CheckpointException">The parts do not fit together, or a file is malformed.</exception>
    public static PromptEncoder Open(Checkpoint checkpoint, Func<string, Weights> open, TensorBackend backend, EncoderInstrumentation telemetry)
    {
        var json = checkpoint.ReadConfig("text_encoder");
        var text = TextModelConfig.Parse(json);
        var folder = checkpoint.ComponentFolder("tokenizer");
        var tokenizer = QwenTokenizer.Open(folder);
        if (tokenizer.MaxId >= text.VocabularySize)
        {
            throw new CheckpointException(folder, null, $"ids below vocab_size ({text.VocabularySize})", $"id {tokenizer.MaxId}");
        }
        if (!Directory.Exists(checkpoint.ComponentFolder(Processor)))
        {
            return new PromptEncoder(tokenizer, new Qwen25VlModel(text, null, open("text_encoder"), backend), null, backend, telemetry);
        }
        var vision = VisionConfig.Parse(json, text);
        if (!tokenizer.Encode("<|image_pad|>").SequenceEqual([vision.ImageToken]))
        {
            throw new CheckpointException(folder, null, $"<|image_pad|> with image_token_id {vision.ImageToken}", "another token");
        }
        var processor = new PictureProcessor(PictureProcessorConfig.Parse(checkpoint.ReadConfig(Processor), vision), vision);
        return new PromptEncoder(tokenizer, new Qwen25VlModel(text, vision, open("text_encoder"), backend), processor, backend, telemetry);
    }

    protected override PromptEncoder Load(Checkpoint checkpoint, Func<string, Weights> open, CancellationToken cancellation) =>
        Open(checkpoint, open, Backend, telemetry);

    protected override void Describe(PromptEncoder loaded, ModelInfo info)
    {
        info.Features.Add(FeaturesOf(loaded));
        info.Encoder = new EncoderInfo
        {
            HiddenSize = loaded.HiddenSize,
            MaxSequenceLength = options.Value.MaxSequenceLength,
            DefaultMaxSequenceLength = options.Value.DefaultMaxSequenceLength,
            Templates = { WireTemplate.TextToImage },
            MaxPrompts = options.Value.MaxPrompts,
        };
        if (loaded.SeesPictures)
        {
            info.Encoder.Templates.Add([WireTemplate.Edit, WireTemplate.EditPlus]);
            info.Encoder.MaxImages = options.Value.MaxImages;
            info.Encoder.MaxImagePixels = options.Value.MaxImagePixels;
        }
    }

    protected override void WarmUp(PromptEncoder loaded, CancellationToken cancellation)
    {
        loaded.Encode(
            PromptTemplate.TextToImage, "a red circle on a blue background", PromptTemplate.TextToImageMaxLength, SeenPictures.None, cancellation);
        if (loaded.SeesPictures)
        {
            var picture = new ReferencePicture(new RgbImage(160, 96, new byte[160 * 96 * RgbImage.Channels]));
            using var seen = loaded.See(PromptTemplate.EditPlus, [picture], cancellation);
            loaded.Encode(PromptTemplate.EditPlus, "make the circle green", 0, seen, cancellation);
        }
    }
}
