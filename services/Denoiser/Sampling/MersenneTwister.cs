namespace QwenMesh.Denoiser.Sampling;

/// <summary>
/// MT19937 with the seeding of torch's CPU generator: the seed is taken modulo 2³². Source: Matsumoto and Nishimura, 1998.
/// </summary>
internal sealed class MersenneTwister
{
    private const int Size = 624;
    private const int Middle = 397;

    private readonly uint[] _state = new uint[Size];
    private int _next = Size;

    public MersenneTwister(ulong seed)
    {
        _state[0] = unchecked((uint)seed);
        for (var i = 1; i < Size; i++)
        {
            var previous = _state[i - 1];
            _state[i] = unchecked((1812433253u * (previous ^ (previous >> 30))) + (uint)i);
        }
    }

    public uint NextUInt32()
    {
        if (_next == Size)
        {
            Twist();
        }
        var y = _state[_next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C5680u;
        y ^= (y << 15) & 0xEFC60000u;
        return y ^ (y >> 18);
    }

    /// <summary>Two draws, the first in the upper half.</summary>
    public ulong NextUInt64()
    {
        ulong high = NextUInt32();
        return (high << 32) | NextUInt32();
    }

    private void Twist()
    {
        var s = _state;
        for (var i = 0; i < Size - Middle; i++)
        {
            s[i] = s[i + Middle] ^ Mix(s[i], s[i + 1]);
        }
        for (var i = Size - Middle; i < Size - 1; i++)
        {
            s[i] = s[i + Middle - Size] ^ Mix(s[i], s[i + 1]);
        }
        s[Size - 1] = s[Middle - 1] ^ Mix(s[Size - 1], s[0]);
        _next = 0;
    }

    private static uint Mix(uint upper, uint lower)
    {
        var y = (upper & 0x80000000u) | (lower & 0x7FFFFFFFu);
        return (y >> 1) ^ ((lower & 1u) * 0x9908B0DFu);
    }
}
