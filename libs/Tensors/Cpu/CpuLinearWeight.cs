namespace QwenMesh.Tensors.Cpu;

/// <summary>A linear layer: the matrix as stored and the bias as Float32.</summary>
internal sealed class CpuLinearWeight(StoredMatrix matrix, CpuTensor? bias, int outFeatures, int inFeatures)
    : LinearWeight(outFeatures, inFeatures)
{
    public StoredMatrix Matrix { get; } = matrix;

    public unsafe float* Bias => bias is null ? null : bias.Floats;

    protected override void Dispose(bool disposing)
    {
        Matrix.Dispose();
        bias?.Dispose();
        base.Dispose(disposing);
    }
}
