using QwenMesh.Checkpoints;
using QwenMesh.Encoder.Qwen25Vl;
using QwenMesh.Testing;

namespace QwenMesh.Encoder.Tests.Qwen25Vl;

public sealed class Qwen25VlShapeTests
{
    [Fact]
    public void The_released_7B_model_asks_for_the_approved_tensors()
    {
        var approved = Path.Combine(GoldenFolder.Repository, "tests", "Encoder.Tests", "Approved");
        var json = File.ReadAllText(Path.Combine(approved, "qwen2.5-vl-7b.config.json"));
        var text = TextModelConfig.Parse(json);
        using var backend = new ShapeOnlyBackend();
        using var model = new Qwen25VlModel(text, VisionConfig.Parse(json, text), Weights.Record(out var taken), backend);
        ApprovedShapes.Match(Path.Combine(approved, "text-encoder-7b.txt"), taken);
    }
}
