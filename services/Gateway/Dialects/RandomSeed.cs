using System.Security.Cryptography;

namespace QwenMesh.Gateway.Dialects;

/// <summary>Seeds for requests without one. Never 0, which would ask some vendors for a random one again when a client sends it back.</summary>
internal static class RandomSeed
{
    /// <summary>1 to 2^31 - 1: within every vendor's range.</summary>
    public static ulong Next() => (ulong)RandomNumberGenerator.GetInt32(1, int.MaxValue);
}
