using System.Buffers.Binary;
using QwenMesh.Testing;

namespace QwenMesh.Checkpoints.Tests;

/// <summary>Identity of a component: equal for a copy, another one for whatever decides results.</summary>
public sealed class FingerprintTests : IDisposable
{
    private const string Weights = "diffusion_pytorch_model.safetensors";
    private static readonly string Model = Path.Combine(GoldenFolder.Repository, "models", "qwen-image-nano");

    private readonly TemporaryFolder _folder = new();
    private readonly string _copy;

    public FingerprintTests()
    {
        var copied = _folder.CopyOf(Model);
        _copy = _folder.File("another-name");
        Directory.Move(copied, _copy);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("text_encoder", "tokenizer")]
    [InlineData("transformer", "scheduler")]
    [InlineData("vae")]
    public void A_copy_under_another_name_is_the_same(string component, params string[] also)
    {
        var fingerprint = Of(Model, component, also);
        Assert.Matches("^[0-9a-f]{64}$", fingerprint);
        Assert.Equal(fingerprint, Of(_copy, component, also));
    }

    [Fact]
    public void Components_differ() =>
        Assert.Equal(3, new[] { "text_encoder", "transformer", "vae" }.Select(component => Of(Model, component)).Distinct().Count());

    /// <summary>Fine-tuned weights have the headers of those that they were made from.</summary>
    [Fact]
    public void One_changed_byte_at_the_start_of_any_tensor_makes_another()
    {
        var original = Of(Model, "vae");
        var path = Path.Combine(_copy, "vae", Weights);
        var bytes = File.ReadAllBytes(path);
        var starts = Starts(bytes).ToArray();
        Assert.InRange(starts.Length, 10, 10_000);
        foreach (var start in new[] { starts[0], starts[starts.Length / 2], starts[^1] })
        {
            bytes[start] ^= 1;
            File.WriteAllBytes(path, bytes);
            Assert.NotEqual(original, Of(_copy, "vae"));
            bytes[start] ^= 1;
        }
        File.WriteAllBytes(path, bytes);
        Assert.Equal(original, Of(_copy, "vae"));
    }

    [Fact]
    public void Another_configuration_makes_another()
    {
        var path = Path.Combine(_copy, "transformer", "config.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("{", "{ \"note\": 1, ", StringComparison.Ordinal));
        Assert.NotEqual(Of(Model, "transformer"), Of(_copy, "transformer"));
        Assert.Equal(Of(Model, "vae"), Of(_copy, "vae"));
    }

    [Fact]
    public void Another_tokenizer_makes_another_where_it_decides_results()
    {
        var file = Directory.GetFiles(Path.Combine(_copy, "tokenizer")).Order(StringComparer.Ordinal).First();
        File.AppendAllText(file, "\n");
        Assert.NotEqual(Of(Model, "text_encoder", "tokenizer"), Of(_copy, "text_encoder", "tokenizer"));
        Assert.Equal(Of(Model, "text_encoder"), Of(_copy, "text_encoder"));
    }

    [Fact]
    public void A_tokenizer_file_more_fewer_or_under_another_name_makes_another()
    {
        var original = Of(Model, "text_encoder", "tokenizer");
        var file = Directory.GetFiles(Path.Combine(_copy, "tokenizer")).Order(StringComparer.Ordinal).First();
        File.Move(file, file + ".other");
        var renamed = Of(_copy, "text_encoder", "tokenizer");
        File.Delete(file + ".other");
        var fewer = Of(_copy, "text_encoder", "tokenizer");
        Directory.Delete(Path.Combine(_copy, "tokenizer"), recursive: true);
        var none = Of(_copy, "text_encoder", "tokenizer");
        Assert.Equal(4, new[] { original, renamed, fewer, none }.Distinct().Count());
    }

    [Theory]
    [InlineData("models--Qwen--Qwen-Image-2512/snapshots/0123abcd", "Qwen/Qwen-Image-2512")]
    [InlineData("models--lightx2v--Qwen-Image-Lightning.v1_x/snapshots/main", "lightx2v/Qwen-Image-Lightning.v1_x")]
    [InlineData("models--owner--a--b/snapshots/0", "owner/a--b")]
    [InlineData("models--Qwen--Qwen-Image/snapshots", "snapshots")]
    [InlineData("models--Qwen--Qwen-Image/snapshots/0/deeper", "deeper")]
    [InlineData("models--Qwen--Qwen-Image", "models--Qwen--Qwen-Image")]
    [InlineData("models--Qwen/snapshots/0", "0")]
    [InlineData("datasets--Qwen--Qwen-Image/snapshots/0", "0")]
    [InlineData("snapshots/0", "0")]
    public void A_snapshot_of_the_hub_cache_has_the_name_of_its_repository(string folder, string name)
    {
        var index = _folder.Write($"hub/{folder}/model_index.json", File.ReadAllText(Path.Combine(Model, "model_index.json")));
        using var checkpoint = Checkpoint.Open(Path.GetDirectoryName(index)! + Path.DirectorySeparatorChar);
        Assert.Equal(name, checkpoint.ModelId);
    }

    private static string Of(string folder, string component, params string[] also)
    {
        using var checkpoint = Checkpoint.Open(folder);
        return checkpoint.Fingerprint(component, also);
    }

    private static IEnumerable<int> Starts(byte[] file)
    {
        var header = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        using var tensors = System.Text.Json.JsonDocument.Parse(file.AsMemory(8, header));
        return [.. tensors.RootElement.EnumerateObject()
            .Where(tensor => tensor.Name != "__metadata__")
            .Select(tensor => 8 + header + tensor.Value.GetProperty("data_offsets")[0].GetInt32())];
    }
}
