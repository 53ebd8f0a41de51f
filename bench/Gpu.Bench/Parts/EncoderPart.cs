using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using QwenMesh.Checkpoints;
using QwenMesh.Encoder.Prompting;
using QwenMesh.Encoder.Qwen25Vl;
using QwenMesh.Tensors;

namespace QwenMesh.Gpu.Bench.Parts;

/// <summary>A prompt's way through the text model, from token ids to hidden states in host memory; with a picture also through the vision tower.</summary>
internal sealed class EncoderPart(ModelSizes sizes, Qwen25VlModel model, TensorBackend backend, DeviceClock clock)
{
    public static JsonObject Run(BenchOptions options)
    {
        var sizes = options.Tiny ? ModelSizes.Tiny : ModelSizes.Released;
        using var backend = options.OpenEngine();
        using var model = new Qwen25VlModel(sizes.TextModel, sizes.Vision, Weights.From(new RandomWeights()), backend);
        using var clock = new DeviceClock(backend);
        var part = new EncoderPart(sizes, model, backend, clock);
        return new JsonObject
        {
            ["prompts"] = new JsonArray([.. sizes.PromptTokens.Select(part.Prompt)]),
            ["pictures"] = new JsonArray([.. sizes.PictureSides.Select(part.Picture)]),
            ["peak_bytes"] = backend.Memory.Peak,
        };
    }

    private JsonObject Prompt(int tokens)
    {
        var (sequence, hidden) = (TokenSequence.OfText(Ids(tokens)), Hidden(tokens));
        var milliseconds = Time(() => Read(sequence, [], hidden));
        return new JsonObject { ["tokens"] = tokens, ["ms"] = milliseconds, ["finite"] = hidden.All(float.IsFinite) };
    }

    /// <summary>A picture of so many merged patches a side, and the words of a prompt behind it.</summary>
    private JsonObject Picture(int side)
    {
        var (tower, grid, start) = (model.Vision!, new PatchGrid(side, side), PromptTemplate.Edit.DroppedTokens);
        var tokens = start + grid.Squares + ModelSizes.TextTokens;
        var ids = Ids(tokens);
        CollectionsMarshal.AsSpan(ids).Slice(start, grid.Squares).Fill(tower.Config.ImageToken);
        var (sequence, hidden) = (new TokenSequence(ids, [new PictureSpan(start, side, side)]), Hidden(tokens));
        var patches = RandomActivations.Values((long)grid.Squares * tower.Config.MergeArea * tower.Config.PatchElements);
        var seeing = Time(() =>
        {
            using var rows = tower.Run(patches, grid, CancellationToken.None);
        });
        var all = Time(() =>
        {
            using var rows = tower.Run(patches, grid, CancellationToken.None);
            Read(sequence, [rows], hidden);
        });
        return new JsonObject
        {
            ["rows"] = grid.Squares,
            ["tokens"] = tokens,
            ["vision_ms"] = seeing,
            ["ms"] = all,
            ["finite"] = hidden.All(float.IsFinite),
        };
    }

    private void Read(TokenSequence sequence, IReadOnlyList<Tensor> pictures, float[] hidden)
    {
        using var states = model.Text.Run(sequence, pictures, CancellationToken.None);
        backend.Read(states, hidden);
    }

    private double Time(Action work) => clock.PerCall(work, roundMilliseconds: 1);

    private float[] Hidden(int tokens) => new float[tokens * sizes.TextModel.HiddenSize];

    private List<int> Ids(int tokens)
    {
        var random = new Random(tokens);
        return [.. Enumerable.Range(0, tokens).Select(_ => random.Next(sizes.TextModel.VocabularySize))];
    }
}
