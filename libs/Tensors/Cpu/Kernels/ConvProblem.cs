namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>One convolution: x [height, width, in] (before upsampling), into and residual [outHeight, outWidth, out].</summary>
internal readonly unsafe struct ConvProblem(
    float* x, int height, int width, CpuConvWeight weight, int top, int left, int stride, bool upsample,
    float* into, int outHeight, int outWidth, float* residual)
{
    public readonly float* X = x;
    public readonly int Height = height;
    public readonly int Width = width;
    public readonly CpuConvWeight Weight = weight;
    public readonly int Top = top;
    public readonly int Left = left;
    public readonly int Stride = stride;
    public readonly bool Upsample = upsample;
    public readonly float* Into = into;
    public readonly int OutHeight = outHeight;
    public readonly int OutWidth = outWidth;
    public readonly float* Residual = residual;
}
