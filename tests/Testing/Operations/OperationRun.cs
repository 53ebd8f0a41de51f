using System.Runtime.InteropServices;
using QwenMesh.Tensors;

namespace QwenMesh.Testing.Operations;

/// <summary>An engine and the data of one case.</summary>
/// <param name="backend">Engine.</param>
/// <param name="coarse">
/// Whether elements are cut to BFloat16's bits, so that an engine which stores them in that type starts with the same numbers.
/// </param>
public sealed class OperationRun(TensorBackend backend, bool coarse) : IDisposable
{
    private readonly List<IDisposable> _weights = [];

    public TensorBackend Backend => backend;

    public TensorScope Scope { get; } = new(backend);

    public float[] Random(long count, int seed, float scale = 1)
    {
        var random = new Random(seed);
        var values = new float[count];
        foreach (ref var value in values.AsSpan())
        {
            value = (float)((random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2) * scale;
            if (coarse)
            {
                value = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) & 0xffff0000);
            }
        }
        return values;
    }

    /// <summary>Activations with random elements, in the engine's compute type.</summary>
    public Tensor Tensor(Shape shape, int seed, float scale = 1) => Scope.From(Random(shape.Count, seed, scale), shape);

    /// <summary>Activations with undefined elements.</summary>
    public Tensor Empty(Shape shape) => Scope.Empty(shape);

    /// <summary>A Float32 tensor: tables, norm weights, latents.</summary>
    public Tensor Exact(ReadOnlySpan<float> elements, Shape shape) => Scope.From(elements, shape, DType.Float32);

    public LinearWeight Linear(DType dtype, int outputs, int inputs, int seed, bool bias, float scale = 1) => Keep(backend.LoadLinear(
        Stored("w", dtype, [outputs, inputs], seed, scale), bias ? Stored("b", DType.Float32, [outputs], seed + 1) : null));

    public ConvWeight Conv(HostTensor weight, HostTensor? bias) => Keep(backend.LoadConv(weight, bias));

    /// <summary>A stored tensor with random elements of the type.</summary>
    public HostTensor Stored(string name, DType dtype, Shape shape, int seed, float scale = 1) =>
        Stored(name, dtype, shape, Random(shape.Count, seed, scale));

    public static HostTensor Stored(string name, DType dtype, Shape shape, float[] values)
    {
        byte[] bytes = dtype switch
        {
            DType.Float32 => MemoryMarshal.AsBytes<float>(values).ToArray(),
            DType.Float16 => MemoryMarshal.AsBytes<Half>(values.Select(value => (Half)value).ToArray()).ToArray(),
            DType.BFloat16 => MemoryMarshal.AsBytes<ushort>(
                values.Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)).ToArray()).ToArray(),
            _ => throw new ArgumentOutOfRangeException(nameof(dtype)),
        };
        return new HostTensor(name, dtype, shape, bytes);
    }

    public T Keep<T>(T weight)
        where T : IDisposable
    {
        _weights.Add(weight);
        return weight;
    }

    public float[] Read(Tensor tensor)
    {
        var values = new float[tensor.Shape.Count];
        backend.Read(tensor, values);
        return values;
    }

    public void Dispose()
    {
        _weights.ForEach(weight => weight.Dispose());
        Scope.Dispose();
    }
}
