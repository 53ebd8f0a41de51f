using System.Runtime.CompilerServices;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>
/// Attention over blocks of keys with a running maximum and sum (online softmax), so that scores exist only for one block. Everything
/// is transposed, with queries in the vector lanes: scores are K·Qᵀ [keys, lanes], the softmax runs down the keys without ever combining lanes,
/// and the output is Vᵀ·P [dim, lanes].
/// </summary>
internal static unsafe class FlashAttention<TWidth, TVector>
    where TWidth : struct, IWidth<TVector>
    where TVector : struct
{
    // A multiple of every tile height; with 128 channels a block of keys and values fills a tenth of the second cache.
    private const int KeyBlock = 96;

    // Vectors of queries that share a pass over the keys.
    private const int Groups = 2;

    private static int Lanes => Panels<TWidth, TVector>.Width;

    public static void Run(CpuRuntime runtime, AttentionProblem p)
    {
        var perHead = (long)p.Keys * p.Dim;
        using var packedKeys = runtime.Floats(p.KvHeads * perHead);
        using var packedValues = runtime.Floats(p.KvHeads * perHead);
        var (keys, values) = ((nint)packedKeys.Pointer, (nint)packedValues.Pointer);
        runtime.Workers.For(p.KvHeads * p.Segments, item =>
        {
            var (head, segment) = (item % p.KvHeads, item / p.KvHeads);
            var (_, _, start, end) = p.Segment(segment);
            var stride = (long)p.KvHeads * p.Dim;
            Panels<TWidth, TVector>.PackRows(
                p.K + (head * p.Dim), stride, start, end, p.Dim, (float*)keys + (head * perHead));
            PackValues(p.V + (head * p.Dim) + (start * stride), stride, end - start, p.Dim, (float*)values + (head * perHead) + ((long)start * p.Dim));
        });

        var blocks = QueryBlocks(p);
        runtime.Workers.For(blocks.Count * p.Heads, item =>
        {
            // Neighbouring items share a key head.
            var (head, block) = (item / blocks.Count, blocks[item % blocks.Count]);
            var offset = p.KvHead(head) * perHead;
            Block(runtime, p, head, block.Segment, block.Row, (float*)keys + offset, (float*)values + offset);
        });
    }

    private static List<(int Segment, int Row)> QueryBlocks(in AttentionProblem p)
    {
        var blocks = new List<(int, int)>();
        for (var segment = 0; segment < p.Segments; segment++)
        {
            var (start, end, _, _) = p.Segment(segment);
            for (var row = start; row < end; row += Groups * Lanes)
            {
                blocks.Add((segment, row));
            }
        }
        return blocks;
    }

    /// <summary>Values of a segment as panels [keys, height] of neighbouring channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackValues(float* v, long stride, int count, int dim, float* into)
    {
        for (int channel = 0, height; channel < dim; channel += height)
        {
            height = Tile<TWidth, TVector>.Height(dim - channel);
            var panel = into + ((long)channel * count);
            for (var key = 0; key < count; key++)
            {
                for (var i = 0; i < height; i++)
                {
                    panel[(key * height) + i] = v[(key * stride) + channel + i];
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block(CpuRuntime runtime, in AttentionProblem p, int head, int segment, int firstRow, float* keys, float* values)
    {
        var (_, rowEnd, keyStart, keyEnd) = p.Segment(segment);
        var (lanes, dim) = (Lanes, p.Dim);
        var groups = Math.Min(Groups, (rowEnd - firstRow + lanes - 1) / lanes);
        var stateFloats = (2 * dim * lanes) + (2 * lanes);
        using var memory = runtime.Floats((KeyBlock * lanes) + ((long)groups * stateFloats));
        var states = memory.Pointer + (KeyBlock * lanes);
        for (var g = 0; g < groups; g++)
        {
            new State(states + (g * stateFloats), dim).Start(p, head, firstRow + (g * lanes), Math.Min(lanes, rowEnd - firstRow - (g * lanes)));
        }

        var visible = p.Causal ? Math.Min(keyEnd, firstRow + (groups * lanes)) : keyEnd;
        for (var key = keyStart; key < visible; key += KeyBlock)
        {
            var count = Math.Min(KeyBlock, keyEnd - key);
            for (var g = 0; g < groups; g++)
            {
                var row = firstRow + (g * lanes);
                if (p.Causal && key >= row + lanes)
                {
                    continue;
                }
                var state = new State(states + (g * stateFloats), dim);
                Scores(keys + ((long)key * dim), count, state.Queries, dim, memory.Pointer);
                if (p.Causal && key + count > row)
                {
                    Mask(memory.Pointer, key, count, row);
                }
                Softmax(memory.Pointer, count, state);
                AddValues(values + ((long)keyStart * dim), keyEnd - keyStart, key - keyStart, count, memory.Pointer, state.Sums, dim);
            }
        }
        for (var g = 0; g < groups; g++)
        {
            var row = firstRow + (g * lanes);
            new State(states + (g * stateFloats), dim).Finish(p, head, row, Math.Min(lanes, rowEnd - row));
        }
    }

    /// <summary>scores [count, lanes] = K [count, dim] · Qᵀ [dim, lanes].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scores(float* keys, int count, float* queries, int dim, float* scores)
    {
        for (int key = 0, height; key < count; key += height)
        {
            height = Tile<TWidth, TVector>.Height(count - key);
            Tile<TWidth, TVector>.Multiply(height, keys + ((long)key * dim), &queries, 1, Lanes, dim, scores + (key * Lanes), accumulate: false);
        }
    }

    /// <summary>Hides keys after a lane's row.</summary>
    private static void Mask(float* scores, int firstKey, int count, int firstRow)
    {
        for (var key = Math.Max(0, firstRow + 1 - firstKey); key < count; key++)
        {
            new Span<float>(scores + (key * Lanes), Math.Min(Lanes, firstKey + key - firstRow)).Fill(float.NegativeInfinity);
        }
    }

    /// <summary>Scores to weights relative to the running maximum; what was summed so far is brought to the new maximum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Softmax(float* scores, int count, State state)
    {
        for (var lane = 0; lane < Lanes; lane += TWidth.Count)
        {
            var before = TWidth.Load(state.Maximum + lane);
            var maximum = before;
            for (var key = 0; key < count; key++)
            {
                maximum = TWidth.Max(maximum, TWidth.Load(scores + (key * Lanes) + lane));
            }
            TWidth.Store(state.Maximum + lane, maximum);

            var factor = VectorMath<TWidth, TVector>.Exp(TWidth.Subtract(before, maximum));
            var total = TWidth.Multiply(TWidth.Load(state.Total + lane), factor);
            for (var key = 0; key < count; key++)
            {
                var score = scores + (key * Lanes) + lane;
                var weight = VectorMath<TWidth, TVector>.Exp(TWidth.Subtract(TWidth.Load(score), maximum));
                TWidth.Store(score, weight);
                total = TWidth.Add(total, weight);
            }
            TWidth.Store(state.Total + lane, total);
            for (var channel = 0; channel < state.Dim; channel++)
            {
                var sum = state.Sums + (channel * Lanes) + lane;
                TWidth.Store(sum, TWidth.Multiply(TWidth.Load(sum), factor));
            }
        }
    }

    /// <summary>sums [dim, lanes] += Vᵀ [dim, count] · weights [count, lanes], for keys from <paramref name="first"/> of a segment on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddValues(float* values, int segmentKeys, int first, int count, float* weights, float* sums, int dim)
    {
        for (int channel = 0, height; channel < dim; channel += height)
        {
            height = Tile<TWidth, TVector>.Height(dim - channel);
            var panel = values + ((long)channel * segmentKeys) + ((long)first * height);
            Tile<TWidth, TVector>.Multiply(height, panel, &weights, 1, Lanes, count, sums + (channel * Lanes), accumulate: true);
        }
    }

    /// <summary>What a group of queries carries from block to block: Qᵀ and Σ weight·v [dim, lanes], maximum and Σ weight [lanes].</summary>
    private readonly struct State(float* memory, int dim)
    {
        public int Dim => dim;

        public float* Queries => memory;

        public float* Sums => memory + (dim * Lanes);

        public float* Maximum => memory + (2 * dim * Lanes);

        public float* Total => Maximum + Lanes;

        public void Start(in AttentionProblem p, int head, int row, int count)
        {
            new Span<float>(memory, (2 * dim * Lanes) + (2 * Lanes)).Clear();
            var stride = (long)p.Heads * dim;
            Transpose.Run(p.Q + (row * stride) + (head * dim), stride, count, dim, Queries, Lanes);
            for (var i = 0; i < dim * Lanes; i += TWidth.Count)
            {
                TWidth.Store(Queries + i, TWidth.Multiply(TWidth.Load(Queries + i), TWidth.Broadcast(p.Scale)));
            }
            new Span<float>(Maximum, Lanes).Fill(float.NegativeInfinity);
        }

        public void Finish(in AttentionProblem p, int head, int row, int count)
        {
            for (var i = 0; i < dim * Lanes; i += TWidth.Count)
            {
                TWidth.Store(Sums + i, TWidth.Divide(TWidth.Load(Sums + i), TWidth.Load(Total + (i % Lanes))));
            }
            var stride = (long)p.Heads * dim;
            Transpose.Run(Sums, Lanes, dim, count, p.Into + (row * stride) + (head * dim), stride);
        }
    }
}
