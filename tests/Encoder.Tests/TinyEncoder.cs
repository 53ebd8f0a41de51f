using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Checkpoints;
using QwenMesh.Encoder.Pictures;
using QwenMesh.Encoder.Prompting;
using QwenMesh.Tensors;
using QwenMesh.Testing;

namespace QwenMesh.Encoder.Tests;

/// <summary>A checkpoint's encoder on the engine under test, without a host.</summary>
internal sealed class TinyEncoder : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Checkpoint _checkpoint;
    private readonly EncoderInstrumentation _telemetry;

    /// <param name="folder">The checkpoint.</param>
    /// <param name="backend">The engine, which is taken over; null for the one under test.</param>
    public TinyEncoder(string folder, TensorBackend? backend = null)
    {
        Backend = backend ?? TestEngine.Open();
        _checkpoint = Checkpoint.Open(folder);
        _telemetry = new EncoderInstrumentation(_services.GetRequiredService<IMeterFactory>(), new EncodeCache(0));
        Encoder = EncoderModel.Open(_checkpoint, component => _checkpoint.OpenWeights(component), Backend, _telemetry);
    }

    public TensorBackend Backend { get; }

    public PromptEncoder Encoder { get; }

    /// <summary>One prompt of text to image.</summary>
    public PromptEmbeds Encode(string prompt, int maxSequenceLength = 512) =>
        Encoder.Encode(PromptTemplate.TextToImage, prompt, maxSequenceLength, SeenPictures.None, TestContext.Current.CancellationToken);

    /// <summary>Prompts that share their pictures.</summary>
    public IReadOnlyList<PromptEmbeds> Encode(PromptTemplate template, string[] prompts, int maxSequenceLength, params ReferencePicture[] pictures)
    {
        using var seen = Encoder.See(template, pictures, TestContext.Current.CancellationToken);
        return [.. prompts.Select(prompt => Encoder.Encode(template, prompt, maxSequenceLength, seen, TestContext.Current.CancellationToken))];
    }

    public static float[] Floats(PromptEmbeds embeds) => MemoryMarshal.Cast<byte, float>(embeds.Bytes.Span).ToArray();

    public void Dispose()
    {
        _telemetry.Dispose();
        Encoder.Dispose();
        _checkpoint.Dispose();
        Backend.Dispose();
        _services.Dispose();
    }
}
