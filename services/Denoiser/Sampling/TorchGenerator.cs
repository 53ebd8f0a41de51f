namespace QwenMesh.Denoiser.Sampling;

/// <summary>
/// Normal samples as torch's CPU generator draws them into a contiguous float32 tensor, bit for bit with its x86-64 builds
/// (docs/model.md 11).
/// Not safe for use from several threads.
/// </summary>
internal sealed class TorchGenerator(ulong seed)
{
    private readonly MersenneTwister _engine = new(seed);

    // The second value of a pair in double precision; it survives draws of 16 and more values in between.
    private double? _cached;

    /// <summary>Fills one tensor. What is drawn depends on its element count and on the draws before, not on its shape.</summary>
    public void FillNormal(Span<float> values)
    {
        if (values.Length < BoxMuller.Block)
        {
            foreach (ref var value in values)
            {
                value = (float)NextDoubleNormal();
            }
            return;
        }
        FillUniform(values);
        var whole = values.Length - (values.Length % BoxMuller.Block);
        BoxMuller.Transform(values[..whole]);
        if (whole != values.Length)
        {
            // Torch draws the last 16 anew, overwriting some that were finished.
            var tail = values[^BoxMuller.Block..];
            FillUniform(tail);
            BoxMuller.Transform(tail);
        }
    }

    private void FillUniform(Span<float> values)
    {
        foreach (ref var value in values)
        {
            value = (_engine.NextUInt32() & 0xFFFFFF) * (1f / (1 << 24));
        }
    }

    private double NextDoubleNormal()
    {
        if (_cached is { } cached)
        {
            _cached = null;
            return cached;
        }
        var u1 = NextDoubleUniform();
        var u2 = NextDoubleUniform();
        // 1 − u2 is exact, so this is the reference's log1p(−u2).
        var radius = Math.Sqrt(-2.0 * Math.Log(1.0 - u2));
        var (sin, cos) = Math.SinCos(2.0 * Math.PI * u1);
        _cached = radius * sin;
        return radius * cos;
    }

    private double NextDoubleUniform() => (_engine.NextUInt64() & ((1UL << 53) - 1)) * (1.0 / (1UL << 53));
}
