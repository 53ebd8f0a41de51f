namespace QwenMesh.Tensors.Cpu.Simd;

/// <summary>The last, incomplete vector of a row.</summary>
internal static unsafe class Partial<TWidth, TVector>
    where TWidth : struct, IWidth<TVector>
    where TVector : struct
{
    /// <summary>The first <paramref name="count"/> lanes, the others <paramref name="filler"/>.</summary>
    public static TVector Load(float* source, int count, float filler = 0)
    {
        var lanes = stackalloc float[TWidth.Count];
        for (var i = 0; i < TWidth.Count; i++)
        {
            lanes[i] = i < count ? source[i] : filler;
        }
        return TWidth.Load(lanes);
    }

    /// <summary>Stores the first <paramref name="count"/> lanes.</summary>
    public static void Store(float* into, TVector value, int count)
    {
        var lanes = stackalloc float[TWidth.Count];
        TWidth.Store(lanes, value);
        for (var i = 0; i < count; i++)
        {
            into[i] = lanes[i];
        }
    }
}
