using QwenMesh.Tensors;

namespace QwenMesh.Encoder.Qwen25Vl;

/// <summary>Qwen2.5-VL's vision tower: patches of a picture to rows for the text model (docs/model.md 4.2, 4.3).</summary>
internal sealed class VisionTower
{
    /// <summary>Not in the config.</summary>
    public const float Epsilon = 1e-6f;

    private readonly TensorBackend _backend;
    private readonly LinearWeight _patchEmbed;
    private readonly List<VisionBlock> _blocks = [];
    private readonly PatchMerger _merger;

    public VisionTower(VisionConfig config, ModuleWeights weights)
    {
        (Config, _backend) = (config, weights.Backend);
        _patchEmbed = weights.PatchLinear(
            "patch_embed.proj", config.HiddenSize, config.InChannels, config.TemporalPatchSize, config.PatchSize, config.PatchSize);
        for (var block = 0; block < config.Depth; block++)
        {
            _blocks.Add(new VisionBlock(config, weights.At("blocks").At(block)));
        }
        _merger = new PatchMerger(config, weights.At("merger"));
    }

    public VisionConfig Config { get; }

    /// <summary>One picture's rows, [squares, outHidden]. Pictures do not see each other here. The caller owns the result.</summary>
    /// <param name="patches">[squares · merge area, patch elements], squares row by row.</param>
    /// <param name="grid">Squares of the picture.</param>
    /// <param name="cancellationToken">Looked at before every block.</param>
    public Tensor Run(ReadOnlySpan<float> patches, PatchGrid grid, CancellationToken cancellationToken)
    {
        using var scope = new TensorScope(_backend);
        var count = grid.Squares * Config.MergeArea;
        var (order, bounds) = grid.Windows(Config.WindowSide);
        int[] windows = [.. bounds.Select(bound => bound * Config.MergeArea)];

        var embedded = scope.Empty([count, Config.HiddenSize]);
        var pixels = scope.From(patches, [count, Config.PatchElements]);
        _backend.Linear(pixels, _patchEmbed, embedded);
        scope.Release(pixels);

        // Windows are neighbours in the sequence until the end.
        Shape squares = [grid.Squares, Config.MergeArea * Config.HiddenSize];
        var hidden = scope.Empty(embedded.Shape);
        _backend.SelectRows(embedded.Reshape(squares), order, hidden.Reshape(squares));
        scope.Release(embedded);
        var (cos, sin) = RotaryTables(order, grid, scope);
        for (var block = 0; block < _blocks.Count; block++)
        {
            ComputeProgress.Report(cancellationToken);
            _blocks[block].Run(hidden, cos, sin, Config.FullAttentionBlocks.Contains(block) ? [] : windows);
        }

        var merged = scope.Own(_merger.Run(hidden));
        var rows = scope.Empty(merged.Shape);
        _backend.SelectRows(merged, Inverse(order), rows);
        return scope.HandOver(rows);
    }

    /// <summary>cos and sin [patches, headSize/2]: half of the frequencies turn with a patch's row, half with its column.</summary>
    private (Tensor Cos, Tensor Sin) RotaryTables(int[] order, PatchGrid grid, TensorScope scope)
    {
        var (quarter, side) = (Config.HeadSize / 4, Config.SpatialMergeSize);
        var half = 2 * quarter;
        // Power and reciprocal are rounded to Float32 one after the other, as in the reference.
        float[] frequencies = [.. Enumerable.Range(0, quarter).Select(i => 1 / (float)Math.Pow(10_000, 2f * i / half))];
        var count = order.Length * Config.MergeArea;
        var (cos, sin) = (new float[count * half], new float[count * half]);
        for (var patch = 0; patch < count; patch++)
        {
            var (square, within) = (order[patch / Config.MergeArea], patch % Config.MergeArea);
            var row = (square / grid.Width * side) + (within / side);
            var column = (square % grid.Width * side) + (within % side);
            for (var i = 0; i < quarter; i++)
            {
                var at = (patch * half) + i;
                (sin[at], cos[at]) = MathF.SinCos(row * frequencies[i]);
                (sin[at + quarter], cos[at + quarter]) = MathF.SinCos(column * frequencies[i]);
            }
        }
        return (scope.From(cos, [count, half], DType.Float32), scope.From(sin, [count, half], DType.Float32));
    }

    private static int[] Inverse(int[] order)
    {
        var inverse = new int[order.Length];
        for (var i = 0; i < order.Length; i++)
        {
            inverse[order[i]] = i;
        }
        return inverse;
    }
}

/// <summary>x += proj(attention(norm1(x))); x += down(SiLU(gate(n)) ⊙ up(n)), n = norm2(x).</summary>
internal sealed class VisionBlock(VisionConfig config, ModuleWeights weights)
{
    private readonly TensorBackend _backend = weights.Backend;
    private readonly Tensor _norm1 = weights.Norm("norm1", config.HiddenSize);
    private readonly LinearWeight[] _queryKeyValue = weights.FusedLinear("attn.qkv", config.HiddenSize, config.HiddenSize, parts: 3);
    private readonly LinearWeight _projection = weights.Linear("attn.proj", config.HiddenSize, config.HiddenSize, bias: true);
    private readonly Tensor _norm2 = weights.Norm("norm2", config.HiddenSize);
    private readonly LinearWeight _gate = weights.Linear("mlp.gate_proj", config.HiddenSize, config.IntermediateSize, bias: true);
    private readonly LinearWeight _up = weights.Linear("mlp.up_proj", config.HiddenSize, config.IntermediateSize, bias: true);
    private readonly LinearWeight _down = weights.Linear("mlp.down_proj", config.IntermediateSize, config.HiddenSize, bias: true);

    /// <summary>In place on hidden [patches, hidden]; cos, sin [patches, headSize/2]; windows bound what sees each other, empty for all.</summary>
    public void Run(Tensor hidden, Tensor cos, Tensor sin, ReadOnlySpan<int> windows)
    {
        using var scope = new TensorScope(_backend);
        var normed = scope.Empty(hidden.Shape);
        _backend.RmsNorm(hidden, _norm1, VisionTower.Epsilon, normed);
        Attention(hidden, normed, cos, sin, windows);

        _backend.RmsNorm(hidden, _norm2, VisionTower.Epsilon, normed);
        var inner = scope.Empty([hidden.Shape.Rows, config.IntermediateSize]);
        _backend.LinearSwiGlu(normed, _gate, _up, inner);
        _backend.LinearResidual(inner, _down, gate: null, hidden);
    }

    private void Attention(Tensor hidden, Tensor normed, Tensor cos, Tensor sin, ReadOnlySpan<int> windows)
    {
        using var scope = new TensorScope(_backend);
        var (query, key, value) = (scope.Empty(normed.Shape), scope.Empty(normed.Shape), scope.Empty(normed.Shape));
        _backend.Linear(normed, _queryKeyValue[0], query);
        _backend.Linear(normed, _queryKeyValue[1], key);
        _backend.Linear(normed, _queryKeyValue[2], value);
        _backend.HeadNormRotary(query, config.Heads, null, 0, cos, sin, RotaryLayout.HalfSplit);
        _backend.HeadNormRotary(key, config.Heads, null, 0, cos, sin, RotaryLayout.HalfSplit);
        var attended = scope.Empty(normed.Shape);
        var scale = 1 / MathF.Sqrt(config.HeadSize);
        _backend.Attention(query, key, value, config.Heads, config.Heads, scale, causal: false, attended, windows);
        _backend.LinearResidual(attended, _projection, gate: null, hidden);
    }
}

/// <summary>The patches of a square, side by side, to one row of the text model's size.</summary>
internal sealed class PatchMerger(VisionConfig config, ModuleWeights weights)
{
    private readonly int _merged = config.HiddenSize * config.MergeArea;
    private readonly TensorBackend _backend = weights.Backend;
    private readonly Tensor _norm = weights.Norm("ln_q", config.HiddenSize);
    private readonly LinearWeight _inner = weights.Linear("mlp.0", config.HiddenSize * config.MergeArea, config.HiddenSize * config.MergeArea, bias: true);
    private readonly LinearWeight _outer = weights.Linear("mlp.2", config.HiddenSize * config.MergeArea, config.OutHiddenSize, bias: true);

    /// <summary>hidden [patches, hidden] to [squares, outHidden]. The caller owns the result.</summary>
    public Tensor Run(Tensor hidden)
    {
        using var scope = new TensorScope(_backend);
        var normed = scope.Empty(hidden.Shape);
        _backend.RmsNorm(hidden, _norm, VisionTower.Epsilon, normed);
        var squares = hidden.Shape.Rows / config.MergeArea;
        var inner = scope.Empty([squares, _merged]);
        _backend.Linear(normed.Reshape([squares, _merged]), _inner, inner, Activation.GeluErf);
        var rows = scope.Empty([squares, config.OutHiddenSize]);
        _backend.Linear(inner, _outer, rows);
        return scope.HandOver(rows);
    }
}
