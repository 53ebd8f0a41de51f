namespace QwenMesh.Kernels.Bench;

/// <summary>A matrix [rows, columns], read once and written once.</summary>
public sealed record ElementwiseShape(int Rows, int Columns) : IWorkload
{
    public double Bytes(string benchmark) =>
        sizeof(float) * (double)Rows * Columns * (benchmark == nameof(ElementwiseTokenBenchmarks.Guidance) ? 3 : 2);

    public override string ToString() => $"{Rows}×{Columns}";
}
