using System.Runtime.CompilerServices;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu.Kernels;

internal enum EpilogueKind
{
    /// <summary>into = activation(sum + bias)</summary>
    Store,

    /// <summary>into += gate·(sum + bias)</summary>
    AddGated,

    /// <summary>into = activation(into + sum + bias): a product on top of an adapter's.</summary>
    AddThenActivate,

    /// <summary>into *= SiLU(sum + bias): the second half of SwiGLU, when into holds the other product.</summary>
    MultiplySilu,
}

/// <summary>What is done with the sums of x·Wᵀ, while they are in the cache. Bias and gate [columns] may be null.</summary>
internal readonly unsafe struct Epilogue(EpilogueKind kind, float* into, int columns, float* bias, float* gate, Activation activation)
{
    private readonly float* _into = into;
    private readonly float* _bias = bias;
    private readonly float* _gate = gate;

    /// <summary>Sums of one row from <paramref name="column"/> on.</summary>
    public void Apply(int row, int column, float* sums, int count)
    {
        var to = _into + ((long)row * columns) + column;
        for (var i = 0; i < count; i++)
        {
            var sum = _bias is null ? sums[i] : sums[i] + _bias[column + i];
            to[i] = kind switch
            {
                EpilogueKind.Store => ScalarMath.Activate(sum, activation),
                EpilogueKind.AddThenActivate => ScalarMath.Activate(to[i] + sum, activation),
                EpilogueKind.AddGated => to[i] + (_gate is null ? sum : _gate[column + i] * sum),
                _ => to[i] * ScalarMath.Silu(sum),
            };
        }
    }

    /// <inheritdoc cref="Apply(int, int, float*, int)"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply<TWidth, TVector>(int row, int column, float* sums, int count)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        var to = _into + ((long)row * columns) + column;
        var i = 0;
        for (; i <= count - TWidth.Count; i += TWidth.Count)
        {
            var bias = _bias is null ? TWidth.Zero : TWidth.Load(_bias + column + i);
            var gate = _gate is null ? TWidth.Broadcast(1f) : TWidth.Load(_gate + column + i);
            TWidth.Store(to + i, Combine<TWidth, TVector>(TWidth.Add(TWidth.Load(sums + i), bias), gate, to + i));
        }
        if (i < count)
        {
            var rest = count - i;
            var bias = _bias is null ? TWidth.Zero : Partial<TWidth, TVector>.Load(_bias + column + i, rest);
            var gate = _gate is null ? TWidth.Broadcast(1f) : Partial<TWidth, TVector>.Load(_gate + column + i, rest);
            var current = stackalloc float[TWidth.Count];
            TWidth.Store(current, Partial<TWidth, TVector>.Load(to + i, rest));
            var sum = TWidth.Add(Partial<TWidth, TVector>.Load(sums + i, rest), bias);
            Partial<TWidth, TVector>.Store(to + i, Combine<TWidth, TVector>(sum, gate, current), rest);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TVector Combine<TWidth, TVector>(TVector sum, TVector gate, float* current)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct => kind switch
        {
            EpilogueKind.AddThenActivate => Activate<TWidth, TVector>(TWidth.Add(TWidth.Load(current), sum)),
            EpilogueKind.AddGated => TWidth.MultiplyAdd(gate, sum, TWidth.Load(current)),
            EpilogueKind.MultiplySilu => TWidth.Multiply(TWidth.Load(current), VectorMath<TWidth, TVector>.Silu(sum)),
            _ => Activate<TWidth, TVector>(sum),
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TVector Activate<TWidth, TVector>(TVector sum)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct => activation switch
        {
            Activation.Silu => VectorMath<TWidth, TVector>.Silu(sum),
            Activation.GeluTanh => VectorMath<TWidth, TVector>.GeluTanh(sum),
            Activation.GeluErf => VectorMath<TWidth, TVector>.GeluErf(sum),
            _ => sum,
        };
}
