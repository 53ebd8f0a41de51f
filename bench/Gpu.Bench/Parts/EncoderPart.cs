using System.Text.Json.Nodes;
using QwenMesh.Checkpoints;
using QwenMesh.Encoder.Qwen25Vl;

namespace QwenMesh.Gpu.Bench.Parts;

/// <summary>A prompt's way through the text model, from token ids to hidden states in host memory.</summary>
internal static class EncoderPart
{
    public static JsonObject Run(BenchOptions options)
    {
        var sizes = options.Tiny ? ModelSizes.Tiny : ModelSizes.Released;
        using var backend = options.OpenEngine();
        using var model = new Qwen25VlModel(sizes.TextModel, null, Weights.From(new RandomWeights()), backend);
        using var clock = new DeviceClock(backend);
        var prompts = new JsonArray();
        foreach (var tokens in sizes.PromptTokens)
        {
            var random = new Random(tokens);
            var ids = Enumerable.Range(0, tokens).Select(_ => random.Next(sizes.TextModel.VocabularySize)).ToList();
            var hidden = new float[tokens * sizes.TextModel.HiddenSize];
            var milliseconds = clock.PerCall(
                () =>
                {
                    using var states = model.Text.Run(TokenSequence.OfText(ids), [], CancellationToken.None);
                    backend.Read(states, hidden);
                },
                roundMilliseconds: 1);
            prompts.Add(new JsonObject { ["tokens"] = tokens, ["ms"] = milliseconds, ["finite"] = hidden.All(float.IsFinite) });
        }
        return new JsonObject { ["prompts"] = prompts, ["peak_bytes"] = backend.Memory.Peak };
    }
}
