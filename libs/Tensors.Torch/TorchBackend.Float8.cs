using QwenMesh.Tensors.Torch.Native;

namespace QwenMesh.Tensors.Torch;

internal sealed partial class TorchBackend
{
    /// <summary>A matrix in float8 with a scale for every output.</summary>
    private Float8Matrix StoreFloat8(HostTensor source, long outputs, long inputs)
    {
        using var whole = Store(source, [outputs, inputs]);
        var bytes = outputs * (inputs + sizeof(float));
        var matrix = new StoredTensor(_aten, _aten.Empty([outputs, inputs], AtenType.Float8E4M3), default, () => _ledger.Remove(bytes));
        _ledger.Add(bytes);
        try
        {
            var scales = new StoredTensor(_aten, _aten.Empty([outputs, 1], AtenType.Float32), default);
            TwinOperations.QuantizeRows(_aten, whole.Handle, matrix.Handle, scales.Handle);
            return new Float8Matrix(matrix, scales);
        }
        catch
        {
            matrix.Dispose();
            throw;
        }
    }

    /// <summary>into = x·Wᵀ + b with x and W in float8, sums in Float32.</summary>
    private void MultiplyFloat8(AtenScope scope, TorchTensor x, TorchLinearWeight weight, Float8Matrix matrix, AtenValue into)
    {
        long rows = x.Shape.Rows, inputs = weight.InFeatures, outputs = weight.OutFeatures;
        var (quantized, scales) = (scope.Empty([rows, inputs], AtenType.Float8E4M3), scope.Empty([rows, 1], AtenType.Float32));
        _fused.QuantizeRows(x, new Float8Rows(quantized.Handle, _aten.Data(quantized.Handle), scales.Handle, _aten.Data(scales.Handle)));
        var weightScales = scope.Own(_aten.View(matrix.Scales.Handle, [1, outputs], [outputs, 1], 0));
        if (_aten.Device.IsCuda)
        {
            var transposed = scope.Own(_aten.View(matrix.Matrix.Handle, [inputs, outputs], [1, inputs], 0));
            _aten.ScaledLinear(quantized.Handle, transposed.Handle, scales.Handle, weightScales.Handle, weight.Bias, into.Handle);
            return;
        }
        // On the CPU LibTorch multiplies float8 with one scale for the whole matrix only.
        var product = scope.Empty([rows, outputs], AtenType.Float32);
        _aten.Linear(quantized.Float().Handle, scope.Borrow(matrix.Matrix.Handle).Float().Handle, 0, product.Handle);
        var scaled = product * scales * weightScales;
        (weight.Bias == 0 ? scaled : scaled + scope.Borrow(weight.Bias)).CopyTo(into);
    }
}
