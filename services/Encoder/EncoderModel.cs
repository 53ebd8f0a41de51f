using Microsoft.Extensions.Options;
using QwenMesh.Checkpoints;
using QwenMesh.Encoder.Caching;
using QwenMesh.Encoder.Prompting;
using QwenMesh.Encoder.TextModel;
using QwenMesh.Encoder.Tokenization;
using QwenMesh.ServiceDefaults;
using QwenMesh.Tensors;
using QwenMesh.StageHost;

namespace QwenMesh.Encoder;

/// <summary>The checkpoint's text encoder, once it is loaded.</summary>
internal sealed class EncoderModel(
    IOptions<ModelOptions> options, TensorBackend backend, StageWeights weights, StageGate gate, EmbeddingCache cache, EncoderInstrumentation telemetry)
    : IStageModel, IDisposable
{
    public const string Component = "text_encoder";

    private Checkpoint? _checkpoint;
    private TextTransformer? _transformer;
    private volatile LoadedEncoder? _loaded;

    /// <summary>Null until the weights are mapped.</summary>
    public LoadedEncoder? Loaded => _loaded;

    public Task LoadAsync(CancellationToken cancellationToken)
    {
        _checkpoint = Checkpoint.Open(options.Value.Path);
        var json = _checkpoint.ReadConfig(Component);
        var config = TextModelConfig.Parse(json);
        var tokenizer = QwenTokenizer.Open(_checkpoint.ComponentFolder("tokenizer"));
        if (tokenizer.MaxId >= config.VocabularySize)
        {
            throw new CheckpointException(
                _checkpoint.ComponentFolder("tokenizer"), null, $"ids below vocab_size ({config.VocabularySize})", $"id {tokenizer.MaxId}");
        }
        _transformer = new TextTransformer(config, weights.Open(_checkpoint, Component), backend);
        cancellationToken.ThrowIfCancellationRequested();
        var encoder = new PromptEncoder(tokenizer, _transformer, backend, cache, telemetry);
        _loaded = new LoadedEncoder(encoder, config, _checkpoint.ModelId, _checkpoint.PipelineClass, json);
        WarmUp(encoder, cancellationToken);
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        if (gate.WaitUntilUnused())
        {
            _transformer?.Dispose();
            _checkpoint?.Dispose();
        }
    }

    /// <summary>Reads the weights' pages and compiles the code of a call. The template has rows enough for products in blocks, as a real prompt has.</summary>
    private static void WarmUp(PromptEncoder encoder, CancellationToken cancellationToken)
    {
        var template = PromptTemplate.TextToImage;
        var (ids, _) = encoder.Tokenize(template, "a red circle on a blue background", PromptTemplate.TextToImageMaxLength);
        encoder.Run(ids, template.DroppedTokens, cancellationToken);
    }
}

/// <summary>A loaded text encoder and what it was loaded from.</summary>
internal sealed record LoadedEncoder(PromptEncoder Encoder, TextModelConfig Config, string ModelId, string PipelineClass, string ConfigJson);
