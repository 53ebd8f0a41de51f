using QwenMesh.Checkpoints;
using QwenMesh.Encoder.Qwen25Vl;
using QwenMesh.Tensors;
using QwenMesh.Testing;

namespace QwenMesh.Encoder.Tests.Qwen25Vl;

public sealed class Qwen25VlModelTests : IDisposable
{
    private static readonly string Original = Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image", "text_encoder");
    private readonly TextModelConfig _config = TextModelConfig.Parse(File.ReadAllText(Path.Combine(Original, "config.json")));
    private readonly TemporaryFolder _folder = new();
    private readonly TensorBackend _backend = TestEngine.Open();

    public void Dispose()
    {
        _backend.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Both_layouts_of_names_give_the_same()
    {
        var released = Run(Original);
        var renamed = Run(Rewrite(tensor => tensor with
        {
            Name = tensor.Name.StartsWith("visual.", StringComparison.Ordinal) ? "model." + tensor.Name
                : tensor.Name.Replace("model.", "model.language_model.", StringComparison.Ordinal),
        }));
        TensorAssert.Exact(released, renamed);
    }

    [Fact]
    public void A_missing_an_extra_and_a_misshapen_tensor_are_named()
    {
        const string Name = "model.layers.1.self_attn.k_proj.bias";
        Assert.Equal(Name, Refused(tensor => tensor.Name == Name ? null : tensor).Tensor);
        Assert.Equal(Name, Refused(tensor => tensor.Name == Name ? tensor with { Shape = [1, 32] } : tensor).Tensor);
        Assert.Equal("model.embed_tokens.weight", Refused(tensor => tensor.Name == "model.embed_tokens.weight" ? null : tensor).Tensor);
        Assert.Equal("visuals.x", Refused(tensor => tensor.Name == "lm_head.weight" ? tensor with { Name = "visuals.x" } : tensor).Tensor);
    }

    [Fact]
    public void Ids_outside_of_the_vocabulary_are_refused()
    {
        using var index = CheckpointIndex.Open(Original, "model");
        using var model = new Qwen25VlModel(_config, null, Weights.From(index), _backend);
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Text.Run(TokenSequence.OfText([0, _config.VocabularySize]), [], default));
        Assert.Equal(0, _backend.LiveTensors);
    }

    private CheckpointException Refused(Func<HostTensor, HostTensor?> change) =>
        Assert.Throws<CheckpointException>(() => Run(Rewrite(change)));

    private float[] Run(string folder)
    {
        using var index = CheckpointIndex.Open(folder, "model");
        using var model = new Qwen25VlModel(_config, null, Weights.From(index), _backend);
        using var hidden = model.Text.Run(TokenSequence.OfText([5, 1, 900, 1513, 0, 5]), [], default);
        return TensorAssert.Read(hidden, _backend);
    }

    private string Rewrite(Func<HostTensor, HostTensor?> change)
    {
        using var original = SafetensorsFile.Open(Path.Combine(Original, "model.safetensors"));
        var tensors = original.Entries.Select(entry => change(original.Read(entry.Name))).OfType<HostTensor>();
        File.WriteAllBytes(_folder.File("model.safetensors"), SafetensorsWriter.Encode(tensors));
        return _folder.Path;
    }
}
