using System.Runtime.InteropServices;
using QwenMesh.Checkpoints;
using QwenMesh.Tensors;

namespace QwenMesh.Gpu.Bench;

/// <summary>
/// Random BFloat16 weights of any shape: every tensor is a piece of one block of normal numbers, at a place that its name decides. So 41 GB
/// of weights need as much host memory as the largest of them, take the way that a checkpoint's take, and are the same in every process.
/// Norm weights are ones.
/// </summary>
internal sealed class RandomWeights : IWeightSource
{
    private const float Deviation = 0.02f;
    private const ushort One = 0x3f80;

    // Places to start at, in bytes; multiples of 64.
    private const int Slack = 1 << 21;
    private const int Step = 64;

    private byte[] _normals = [];
    private byte[] _ones = [];

    public long Elements => 0;

    /// <summary>Bytes of all that was taken.</summary>
    public long Taken { get; private set; }

    public bool Has(string name) => false;

    public HostTensor Take(string name, Shape shape)
    {
        var bytes = checked((int)(shape.Count * sizeof(ushort)));
        Taken += bytes;
        return new HostTensor(name, DType.BFloat16, shape, IsNormWeight(name) ? Ones(bytes) : Normals(name, bytes));
    }

    public IEnumerable<string> Untaken() => [];

    public string FileOf(string name) => "(random)";

    /// <summary>
    /// txt_norm.weight, attn.norm_q.weight, input_layernorm.weight, merger.ln_q.weight, norm1.gamma; but not the linear layer norm_out.linear.
    /// </summary>
    private static bool IsNormWeight(string name)
    {
        var parts = name.Split('.');
        return parts[^1] == "gamma"
            || (parts[^1] == "weight" && parts.Length > 1 && (parts[^2] == "ln_q" || parts[^2].Contains("norm", StringComparison.Ordinal)));
    }

    private ReadOnlyMemory<byte> Ones(int bytes)
    {
        if (_ones.Length < bytes)
        {
            _ones = new byte[bytes];
            MemoryMarshal.Cast<byte, ushort>(_ones.AsSpan()).Fill(One);
        }
        return _ones.AsMemory(0, bytes);
    }

    private ReadOnlyMemory<byte> Normals(string name, int bytes)
    {
        if (_normals.Length < bytes + Slack)
        {
            _normals = new byte[bytes + Slack];
            Draw(MemoryMarshal.Cast<byte, ushort>(_normals.AsSpan()));
        }
        return _normals.AsMemory((int)(Hash(name) % (Slack / Step)) * Step, bytes);
    }

    /// <summary>A few million draws, then the same again; their number is odd, so that rows of a matrix differ.</summary>
    private static void Draw(Span<ushort> values)
    {
        const int Period = (1 << 22) + 1;
        var random = new Random(1);
        var drawn = values[..Math.Min(values.Length, Period)];
        foreach (ref var value in drawn)
        {
            // Four uniform numbers have a third of variance 1.
            var sum = random.NextSingle() + random.NextSingle() + random.NextSingle() + random.NextSingle() - 2f;
            value = (ushort)(BitConverter.SingleToUInt32Bits(sum * MathF.Sqrt(3) * Deviation) >> 16);
        }
        for (var done = drawn.Length; done < values.Length; done += Period)
        {
            drawn[..Math.Min(Period, values.Length - done)].CopyTo(values[done..]);
        }
    }

    // FNV-1a: string.GetHashCode differs between processes.
    private static uint Hash(string name)
    {
        var hash = 2166136261u;
        foreach (var letter in name)
        {
            hash = (hash ^ letter) * 16777619u;
        }
        return hash;
    }
}
