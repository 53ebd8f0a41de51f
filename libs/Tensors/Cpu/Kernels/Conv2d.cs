using System.Runtime.Intrinsics;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>Cross-correlation on channels-last pictures.</summary>
internal static unsafe class Conv2d
{
    public static void Run(CpuRuntime runtime, ConvProblem problem)
    {
        switch (runtime.Simd)
        {
            case SimdLevel.Vector512:
                PlanarConv<Width512, Vector512<float>>.Run(runtime, problem);
                break;
            case SimdLevel.Vector256:
                PlanarConv<Width256, Vector256<float>>.Run(runtime, problem);
                break;
            case SimdLevel.Vector128:
                PlanarConv<Width128, Vector128<float>>.Run(runtime, problem);
                break;
            default:
                Scalar(runtime, problem);
                break;
        }
    }

    private static void Scalar(CpuRuntime runtime, ConvProblem p) => runtime.Workers.For(p.OutHeight, y =>
    {
        var outChannels = p.Weight.OutChannels;
        for (var x = 0; x < p.OutWidth; x++)
        {
            for (var o = 0; o < outChannels; o++)
            {
                var index = ((((long)y * p.OutWidth) + x) * outChannels) + o;
                var sum = (float)Sum(p, y, x, o) + p.Weight.Bias[o];
                p.Into[index] = p.Residual is null ? sum : sum + p.Residual[index];
            }
        }
    });

    private static double Sum(in ConvProblem p, int y, int x, int outChannel)
    {
        var (inChannels, kernelHeight, kernelWidth) = (p.Weight.InChannels, p.Weight.KernelHeight, p.Weight.KernelWidth);
        var enlarge = p.Upsample ? 2 : 1;
        double sum = 0;
        for (var ky = 0; ky < kernelHeight; ky++)
        {
            var fromY = (y * p.Stride) + ky - p.Top;
            for (var kx = 0; kx < kernelWidth; kx++)
            {
                var fromX = (x * p.Stride) + kx - p.Left;
                if (fromY < 0 || fromX < 0 || fromY >= p.Height * enlarge || fromX >= p.Width * enlarge)
                {
                    continue;
                }
                var pixel = p.X + ((((long)(fromY / enlarge) * p.Width) + (fromX / enlarge)) * inChannels);
                var taps = p.Weight.Kernel + (((((long)outChannel * kernelHeight) + ky) * kernelWidth) + kx) * inChannels;
                sum += ScalarMath.Dot(pixel, taps, inChannels);
            }
        }
        return sum;
    }
}
