using QwenMesh.Tensors.Cpu.Kernels;

namespace QwenMesh.Tensors.Cpu;

public sealed unsafe partial class CpuBackend
{
    public override Tensor LoadVector(HostTensor source)
    {
        ArgumentNullException.ThrowIfNull(source);
        using var stored = new StoredMatrix(source, 1, checked((int)source.Shape.Count), nameof(LoadVector));
        var tensor = LoadedTensor(source.Shape);
        stored.Expand(0, 0, stored.Columns, tensor.Floats);
        return tensor;
    }

    public override EmbeddingTable LoadEmbedding(HostTensor table)
    {
        ArgumentNullException.ThrowIfNull(table);
        Require.That(table.Shape.Rank == 2, $"{table.Name} [vocabulary, columns]", table.Shape.ToString());
        return new CpuEmbeddingTable(table.Name, new StoredMatrix(table, table.Shape[0], table.Shape[1], nameof(LoadEmbedding)), table.Shape[0]);
    }

    public override LinearWeight LoadLinear(HostTensor weight, HostTensor? bias)
    {
        ArgumentNullException.ThrowIfNull(weight);
        var dims = weight.Shape.Dims;
        Require.That(
            dims.Length >= 2 && dims[2..].IndexOfAnyExcept(1) < 0, $"{weight.Name} [out, in] or [out, in, 1, ...]", weight.Shape.ToString());
        RequireBias(bias, dims[0], nameof(LoadLinear));
        var matrix = new StoredMatrix(weight, dims[0], dims[1], nameof(LoadLinear));
        return new CpuLinearWeight(matrix, LoadBias(bias), dims[0], dims[1], _packed);
    }

    public override ConvWeight LoadConv(HostTensor weight, HostTensor? bias)
    {
        ArgumentNullException.ThrowIfNull(weight);
        var dims = weight.Shape.Dims;
        Require.That(dims.Length is 4 or 5, $"{weight.Name} [out, in, kH, kW] or [out, in, kT, kH, kW]", weight.Shape.ToString());
        var (outChannels, inChannels, frames) = (dims[0], dims[1], dims.Length == 5 ? dims[2] : 1);
        var (height, width) = (dims[^2], dims[^1]);
        Require.That(weight.Shape.Count > 0, $"{weight.Name} without empty axes", weight.Shape.ToString());
        RequireBias(bias, outChannels, nameof(LoadConv));

        using var stored = new StoredMatrix(weight, (long)outChannels * inChannels * frames, height * width, nameof(LoadConv));
        var kernel = LoadedTensor([outChannels, height, width, inChannels]);
        using var taps = _runtime.Floats(height * width);
        for (var o = 0; o < outChannels; o++)
        {
            for (var i = 0; i < inChannels; i++)
            {
                stored.Expand((((long)o * inChannels) + i) * frames + frames - 1, 0, height * width, taps.Pointer);
                for (var tap = 0; tap < height * width; tap++)
                {
                    kernel.Floats[((((long)o * height * width) + tap) * inChannels) + i] = taps.Pointer[tap];
                }
            }
        }
        return new CpuConvWeight(
            kernel, LoadBias(bias) ?? Zeros(outChannels), outChannels, inChannels, height, width, _runtime.Buffers);
    }

    private static void RequireBias(HostTensor? bias, int count, string operation) =>
        Require.That(bias is null || bias.Shape.Count == count, $"{bias?.Name} of {count} elements", $"{bias?.Shape}", operation);

    private CpuTensor? LoadBias(HostTensor? bias)
    {
        if (bias is null)
        {
            return null;
        }
        using var stored = new StoredMatrix(bias, 1, checked((int)bias.Shape.Count), nameof(LoadLinear));
        var tensor = LoadedTensor([stored.Columns]);
        stored.Expand(0, 0, stored.Columns, tensor.Floats);
        return tensor;
    }

    private CpuTensor Zeros(int count)
    {
        var tensor = LoadedTensor([count]);
        new Span<float>(tensor.Floats, count).Clear();
        return tensor;
    }

    /// <summary>Memory of a weight: not among the <see cref="LiveTensors"/>.</summary>
    private CpuTensor LoadedTensor(Shape shape) => Allocate(shape, DType.Float32, counted: false);
}
