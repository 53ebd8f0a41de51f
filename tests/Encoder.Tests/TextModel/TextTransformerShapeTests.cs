using QwenMesh.Checkpoints;
using QwenMesh.Encoder.TextModel;
using QwenMesh.Testing;

namespace QwenMesh.Encoder.Tests.TextModel;

public sealed class TextTransformerShapeTests
{
    [Fact]
    public void The_released_7B_model_asks_for_the_approved_tensors()
    {
        var approved = Path.Combine(GoldenFolder.Repository, "tests", "Encoder.Tests", "Approved");
        var config = TextModelConfig.Parse(File.ReadAllText(Path.Combine(approved, "qwen2.5-vl-7b.config.json")));
        using var backend = new ShapeOnlyBackend();
        using var model = new TextTransformer(config, Weights.Record(out var taken), backend);
        ApprovedShapes.Match(Path.Combine(approved, "text-encoder-7b.txt"), taken);
    }
}
