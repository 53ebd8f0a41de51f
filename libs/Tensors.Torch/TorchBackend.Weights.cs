using System.Buffers;
using QwenMesh.Tensors.Torch.Native;

namespace QwenMesh.Tensors.Torch;

internal sealed unsafe partial class TorchBackend
{
    public override Tensor LoadVector(HostTensor source)
    {
        CheckStored(source, nameof(LoadVector));
        var tensor = Allocate(source.Shape, DType.Float32, counted: false);
        using var pin = source.Bytes.Pin();
        using var scope = Begin();
        OverHost(scope, pin.Pointer, source.Shape.Count, source.DType.Native()).CopyTo(scope.View(tensor, source.Shape.Count));
        return tensor;
    }

    public override LinearWeight LoadLinear(HostTensor weight, HostTensor? bias)
    {
        CheckStored(weight, nameof(LoadLinear));
        var dims = weight.Shape.Dims;
        Require.That(
            dims.Length >= 2 && dims[2..].IndexOfAnyExcept(1) < 0, $"{weight.Name} [out, in] or [out, in, 1, ...]", weight.Shape.ToString());
        CheckBias(bias, dims[0], nameof(LoadLinear));
        return settings.Float8?.Includes(weight.Name, dims[0], dims[1]) == true
            ? new TorchLinearWeight(StoreFloat8(weight, dims[0], dims[1]), StoreBias(bias), dims[0], dims[1])
            : new TorchLinearWeight(Store(weight, [dims[0], dims[1]]), StoreBias(bias), dims[0], dims[1]);
    }

    public override ConvWeight LoadConv(HostTensor weight, HostTensor? bias)
    {
        CheckStored(weight, nameof(LoadConv));
        var dims = weight.Shape.Dims;
        Require.That(dims.Length is 4 or 5, $"{weight.Name} [out, in, kH, kW] or [out, in, kT, kH, kW]", weight.Shape.ToString());
        Require.That(weight.Shape.Count > 0, $"{weight.Name} without empty axes", weight.Shape.ToString());
        long outChannels = dims[0], inChannels = dims[1], frames = dims.Length == 5 ? dims[2] : 1, height = dims[^2], width = dims[^1];
        CheckBias(bias, dims[0], nameof(LoadConv));

        // Channels last, as pictures are. Of a temporal kernel the last slice.
        long frame = height * width;
        ReadOnlySpan<long> sizes = [outChannels, inChannels, height, width];
        ReadOnlySpan<long> steps = [frame * inChannels, 1, width * inChannels, inChannels];
        var bytes = weight.Shape.Count / frames * ComputeType.Size();
        using var pin = weight.Bytes.Pin();
        using var scope = Begin();
        var stored = OverHost(scope, pin.Pointer, weight.Shape.Count, weight.DType.Native());
        var slice = scope.Own(_aten.View(stored.Handle, sizes, [inChannels * frames * frame, frames * frame, width, 1], (frames - 1) * frame));
        var memory = scope.Own(_aten.Empty([outChannels, height, width, inChannels], ComputeType.Native()));
        var kernel = _aten.View(memory.Handle, sizes, steps, 0);
        _aten.Copy(slice.Handle, kernel);
        _ledger.Add(bytes);
        var owned = new StoredTensor(_aten, kernel, default, () => _ledger.Remove(bytes));
        return new TorchConvWeight(owned, StoreBias(bias), dims[0], dims[1], (int)height, (int)width);
    }

    public override EmbeddingTable LoadEmbedding(HostTensor table)
    {
        CheckStored(table, nameof(LoadEmbedding));
        Require.That(table.Shape.Rank == 2, $"{table.Name} [vocabulary, columns]", table.Shape.ToString());
        var pin = table.Bytes.Pin();
        var handle = _aten.FromMemory((nint)pin.Pointer, [table.Shape[0], table.Shape[1]], table.DType.Native());
        return new TorchEmbeddingTable(new StoredTensor(_aten, handle, pin), table.Shape[0], table.Shape[1]);
    }

    private StoredTensor? StoreBias(HostTensor? bias) => bias is null ? null : Store(bias, [bias.Shape.Count]);

    /// <summary>A weight in the compute type on the device; where it is that type on the host already, the file's own bytes.</summary>
    private StoredTensor Store(HostTensor source, ReadOnlySpan<long> sizes)
    {
        var pin = source.Bytes.Pin();
        try
        {
            using var scope = Begin();
            var stored = _aten.FromMemory((nint)pin.Pointer, sizes, source.DType.Native());
            if (!_aten.Device.IsCuda && source.DType == ComputeType)
            {
                return new StoredTensor(_aten, stored, pin);
            }
            scope.Own(stored);
            // In the stored type to the device, where it is converted faster than here.
            var moved = scope.Empty(sizes, source.DType.Native());
            _aten.Copy(stored, moved.Handle);
            var weight = _aten.To(moved.Handle, ComputeType.Native());
            var bytes = source.Shape.Count * ComputeType.Size();
            _ledger.Add(bytes);
            pin.Dispose();
            return new StoredTensor(_aten, weight, default, () => _ledger.Remove(bytes));
        }
        catch
        {
            pin.Dispose();
            throw;
        }
    }

    private static void CheckStored(HostTensor source, string operation)
    {
        ArgumentNullException.ThrowIfNull(source);
        Require.That(IsFloat(source.DType), $"{source.Name} of a float type", source.DType.ToString(), operation);
        var bytes = source.Shape.Count * source.DType.Size();
        Require.That(source.Bytes.Length == bytes, $"{source.Name} of {bytes} bytes", $"{source.Bytes.Length}", operation);
    }

    private static void CheckBias(HostTensor? bias, int count, string operation)
    {
        if (bias is not null)
        {
            CheckStored(bias, operation);
            Require.That(bias.Shape.Count == count, $"{bias.Name} of {count} elements", $"{bias.Shape}", operation);
        }
    }
}
