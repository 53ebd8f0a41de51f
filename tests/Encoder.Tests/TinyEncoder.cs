using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Checkpoints;
using QwenMesh.Encoder.Caching;
using QwenMesh.Encoder.TextModel;
using QwenMesh.Encoder.Tokenization;
using QwenMesh.Tensors;
using QwenMesh.Testing;

namespace QwenMesh.Encoder.Tests;

/// <summary>A checkpoint's encoder on the engine under test, without a host.</summary>
internal sealed class TinyEncoder : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Checkpoint _checkpoint;
    private readonly TextTransformer _transformer;
    private readonly EncoderInstrumentation _telemetry;

    public TinyEncoder(string folder, long cacheBytes = 1 << 20)
    {
        _checkpoint = Checkpoint.Open(folder);
        _transformer = new TextTransformer(
            TextModelConfig.Parse(_checkpoint.ReadConfig("text_encoder")), _checkpoint.OpenWeights("text_encoder"), Backend);
        Cache = new EmbeddingCache(cacheBytes);
        _telemetry = new EncoderInstrumentation(_services.GetRequiredService<IMeterFactory>(), Cache);
        Encoder = new PromptEncoder(QwenTokenizer.Open(_checkpoint.ComponentFolder("tokenizer")), _transformer, Backend, Cache, _telemetry);
    }

    public TensorBackend Backend { get; } = TestEngine.Open();

    public EmbeddingCache Cache { get; }

    public PromptEncoder Encoder { get; }

    /// <summary>A gate that is always open.</summary>
    public static Task<IDisposable> EnterAsync(CancellationToken cancellationToken) => Task.FromResult<IDisposable>(new CancellationTokenSource());

    public void Dispose()
    {
        _telemetry.Dispose();
        _transformer.Dispose();
        _checkpoint.Dispose();
        Backend.Dispose();
        _services.Dispose();
    }
}
