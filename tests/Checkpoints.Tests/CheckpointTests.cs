using System.Text.Json;
using QwenMesh.Testing;

namespace QwenMesh.Checkpoints.Tests;

public sealed class CheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Shipped =>
    [
        .. Directory.EnumerateDirectories(Path.Combine(GoldenFolder.Default, "models")).Where(IsCheckpoint),
        Path.Combine(GoldenFolder.Repository, "models", "qwen-image-nano"),
    ];

    [Theory]
    [MemberData(nameof(Shipped))]
    public void Every_shipped_checkpoint_opens(string folder)
    {
        using var checkpoint = Checkpoint.Open(folder + Path.DirectorySeparatorChar);
        Assert.Equal(Path.GetFileName(folder), checkpoint.ModelId);
        Assert.Equal(folder, checkpoint.Folder);
        Assert.StartsWith("QwenImage", checkpoint.PipelineClass, StringComparison.Ordinal);
        foreach (var component in new[] { "text_encoder", "transformer", "vae" })
        {
            Assert.StartsWith("{", checkpoint.ReadConfig(component).TrimStart(), StringComparison.Ordinal);
            Assert.NotNull(Assert.Throws<CheckpointException>(() => checkpoint.OpenWeights(component).EnsureAllTaken()).Tensor);
        }
        Assert.Contains("FlowMatch", checkpoint.ReadConfig("scheduler"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 40861031488\n", "git-lfs pointer")]
    [InlineData("<!DOCTYPE html>\n<html><head><title>Access denied</title></head></html>", "HTML")]
    [InlineData("\n  <html><body>Entry not found, and a good deal more text than that</body></html>", "HTML")]
    public void A_file_that_is_no_weights_at_all_is_named(string content, string named)
    {
        var refused = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(_folder.Write("model.safetensors", content)));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    /// <summary>In the Hugging Face cache every file of a snapshot is a link.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_that_is_too_large_for_JSON_is_not_read(bool linked)
    {
        const long Bytes = (64 << 20) + 1;
        var path = _folder.File("model_index.json");
        var file = linked ? _folder.File("blob") : path;
        using (var sparse = File.Create(file))
        {
            sparse.SetLength(Bytes);
        }
        if (linked)
        {
            File.CreateSymbolicLink(path, file);
        }
        var refused = Assert.Throws<CheckpointException>(() => Checkpoint.Open(_folder.Path));
        Assert.Equal((path, $"{Bytes} bytes"), (refused.File, refused.Found));
    }

    [Fact]
    public void Taking_tensors_reports_the_bytes_of_all()
    {
        using var checkpoint = Checkpoint.Open(Path.Combine(GoldenFolder.Repository, "models", "qwen-image-nano"));
        var reports = new Reports();
        var weights = checkpoint.OpenWeights("text_encoder", reports);
        weights.Take("model.norm.weight", 128);
        weights.Take("model.norm.weight", 128);
        var report = Assert.Single(reports);
        Assert.Equal(128 * 2, report.Taken);
        Assert.Equal(weights.Elements * 2, report.Total);
    }

    [Theory]
    [InlineData("QwenImageLayeredPipeline", """ "_class_name": "QwenImagePipeline" """, """ "_class_name": "QwenImageLayeredPipeline" """)]
    [InlineData("QwenImage2Pipeline", """ "_class_name": "QwenImagePipeline" """, """ "_class_name": "QwenImage2Pipeline" """)]
    [InlineData("AutoencoderKLWan", "AutoencoderKLQwenImage", "AutoencoderKLWan")]
    [InlineData("Qwen3VLForConditionalGeneration", "Qwen2_5_VLForConditionalGeneration", "Qwen3VLForConditionalGeneration")]
    [InlineData("safety_checker", """ "vae": [ """, """ "safety_checker": ["diffusers", "Checker"], "vae": [ """)]
    [InlineData("no such component", "AutoencoderKLQwenImage\"", "AutoencoderKLQwenImage\"], \"vae_\": [null, null], \"x\": [null, null", """ "vae": """, """ "_vae": """)]
    [InlineData("_class_name", """ "_class_name": "QwenImagePipeline" """, """ "_class_name": 3 """)]
    [InlineData("JSON", "{", "")]
    public void Classes_that_we_do_not_have_are_refused(string named, params string[] replacements)
    {
        var json = File.ReadAllText(Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image", "model_index.json"));
        for (var i = 0; i < replacements.Length; i += 2)
        {
            Assert.Contains(replacements[i].Trim(), json, StringComparison.Ordinal);
            json = json.Replace(replacements[i].Trim(), replacements[i + 1].Trim(), StringComparison.Ordinal);
        }
        var path = _folder.Write("model_index.json", json);
        var refused = Assert.Throws<CheckpointException>(() => Checkpoint.Open(_folder.Path));
        Assert.Equal(path, refused.File);
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tiny-qwen-image-edit-2509")]
    [InlineData("tiny-qwen-image-edit-2511")]
    public void The_image_processor_is_found_in_both_layouts(string model)
    {
        using var checkpoint = Checkpoint.Open(Path.Combine(GoldenFolder.Default, "models", model));
        using var config = JsonDocument.Parse(checkpoint.ReadConfig("processor"));
        Assert.Equal("Qwen2VLImageProcessor", config.RootElement.GetProperty("image_processor_type").GetString());
        Assert.Equal(14, config.RootElement.GetProperty("patch_size").GetInt32());
    }

    [Fact]
    public void What_is_missing_is_named()
    {
        Assert.Contains("absent", Assert.Throws<CheckpointException>(() => Checkpoint.Open(_folder.File("absent"))).File, StringComparison.Ordinal);
        Assert.Equal(_folder.File("model_index.json"), Assert.Throws<CheckpointException>(() => Checkpoint.Open(_folder.Path)).File);
        _folder.Write("model_index.json", File.ReadAllText(Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image", "model_index.json")));
        using var checkpoint = Checkpoint.Open(_folder.Path);
        Assert.Throws<CheckpointException>(() => checkpoint.OpenWeights("vae"));
        Assert.Throws<CheckpointException>(() => checkpoint.ReadConfig("vae"));
        Assert.Throws<CheckpointException>(() => checkpoint.ReadConfig("processor"));
        _folder.Write("processor/processor_config.json", """{"image_processor":7}""");
        Assert.Contains("image_processor", Assert.Throws<CheckpointException>(() => checkpoint.ReadConfig("processor")).Expected, StringComparison.Ordinal);
        _folder.Write("vae/config.json", "[]");
        Assert.Equal("Array", Assert.Throws<CheckpointException>(() => checkpoint.ReadConfig("vae")).Found);
    }

    private static bool IsCheckpoint(string folder) => File.Exists(Path.Combine(folder, "model_index.json"));

    private sealed class Reports : List<LoadProgress>, IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => Add(value);
    }
}
