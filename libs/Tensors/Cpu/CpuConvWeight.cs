namespace QwenMesh.Tensors.Cpu;

/// <summary>A convolution's kernel as Float32 [out, kH, kW, in], and its bias (zeros when there is none).</summary>
internal sealed class CpuConvWeight(CpuTensor kernel, CpuTensor bias, int outChannels, int inChannels, int kernelHeight, int kernelWidth)
    : ConvWeight(outChannels, inChannels, kernelHeight, kernelWidth)
{
    public unsafe float* Kernel => kernel.Floats;

    public unsafe float* Bias => bias.Floats;

    protected override void Dispose(bool disposing)
    {
        kernel.Dispose();
        bias.Dispose();
        base.Dispose(disposing);
    }
}
