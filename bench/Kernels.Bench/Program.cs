using System.Globalization;
using QwenMesh.Kernels.Bench;

var names = args.Where(arg => !arg.StartsWith('-')).ToArray();
var threadsArgument = args.FirstOrDefault(arg => arg.StartsWith("--threads=", StringComparison.Ordinal));
var threads = threadsArgument is null
    ? Environment.ProcessorCount
    : int.Parse(threadsArgument["--threads=".Length..], CultureInfo.InvariantCulture);
Timing.ProcessorTime = args.Contains("--processor-time");
var quick = args.Contains("--quick");

Machine.Describe(threads);
if (names.Length == 0 || names.Contains("gemm"))
{
    GemmBench.Run(threads, quick);
}
if (names.Length == 0 || names.Contains("attention"))
{
    AttentionBench.Run(threads, quick);
}
if (names.Length == 0 || names.Contains("conv"))
{
    ConvBench.Run(threads, quick);
}
if (names.Length == 0 || names.Contains("elementwise"))
{
    ElementwiseBench.Run(threads, quick);
}
