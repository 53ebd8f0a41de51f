namespace QwenMesh.Tensors.Cpu.Simd;

/// <summary>
/// One vector width, so that a kernel is written once: <c>Kernel&lt;TWidth, TVector&gt;</c> with TVector the runtime's own vector type,
/// which the JIT keeps in registers. Arithmetic is per lane.
/// </summary>
internal unsafe interface IWidth<TVector>
    where TVector : struct
{
    /// <summary>Lanes.</summary>
    static abstract int Count { get; }

    /// <summary>Rows of the largest matrix tile: with two vectors a row, the sums fill most of the registers.</summary>
    static abstract int TileRows { get; }

    static abstract TVector Zero { get; }

    static abstract TVector Load(float* source);

    /// <summary>Asks for a cache line before it is needed; any address will do.</summary>
    static abstract void Prefetch(float* source);

    /// <summary>Loads bfloat16 lanes as Float32.</summary>
    static abstract TVector LoadBFloat16(ushort* source);

    static abstract void Store(float* into, TVector value);

    static abstract TVector Broadcast(float value);

    /// <summary>a·b + c, rounded once.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    static abstract TVector Divide(TVector a, TVector b);

    static abstract TVector Max(TVector a, TVector b);

    static abstract TVector Min(TVector a, TVector b);

    static abstract TVector Sqrt(TVector a);

    /// <summary>a·2ⁿ for integral lanes n in [−252, 254].</summary>
    static abstract TVector Scale(TVector a, TVector n);

    /// <summary>Lanes of <paramref name="yes"/> where a &lt; b, else of <paramref name="no"/>.</summary>
    static abstract TVector WhereLess(TVector a, TVector b, TVector yes, TVector no);

    /// <summary>Lanes 2p and 2p + 1 exchanged.</summary>
    static abstract TVector SwapPairs(TVector a);

    /// <summary>The value at p in lane 2p + 1 and, times <paramref name="evenSign"/> (1 or −1), in lane 2p; reads half a vector.</summary>
    static abstract TVector LoadPairs(float* source, float evenSign);

    /// <summary>Sum of the lanes, always in the same order.</summary>
    static abstract float Sum(TVector a);
}
