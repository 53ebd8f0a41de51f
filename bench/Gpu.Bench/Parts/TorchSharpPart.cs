using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace QwenMesh.Gpu.Bench.Parts;

/// <summary>
/// Whether TorchSharp's native library, built for one version of LibTorch, computes rightly with the one here. It may load and read wrong
/// types and shapes without an error, so the answers are compared with known ones.
/// </summary>
internal static unsafe class TorchSharpPart
{
    private const string Right = "right";
    private const sbyte Float = 6;
    private const sbyte Long = 4;
    private const int Cpu = 0;
    private const int Cuda = 1;

    public static JsonObject Run(BenchOptions options)
    {
        if (options.TorchSharp is null || options.LibTorchPath is null)
        {
            throw new UsageException("torchsharp needs --torchsharp FILE and --library FOLDER");
        }
        var cuda = options.Device.StartsWith("cuda", StringComparison.Ordinal);
        var checks = new JsonObject();
        try
        {
            foreach (var file in new[] { "libtorch_cpu.so", cuda ? "libtorch_cuda.so" : null, "libtorch.so" })
            {
                if (file is not null)
                {
                    NativeLibrary.Load(Path.Combine(options.LibTorchPath, file));
                }
            }
            var library = NativeLibrary.Load(options.TorchSharp);
            foreach (var device in cuda ? new[] { Cpu, Cuda } : [Cpu])
            {
                Check(library, device, checks, device == Cuda ? "cuda: " : "cpu: ");
            }
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            var lines = error.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return new JsonObject { ["works"] = false, ["why"] = lines.FirstOrDefault(line => line.Contains("required by", StringComparison.Ordinal)) ?? lines[^1] };
        }
        var wrong = checks.Where(check => check.Value!.GetValue<string>() != Right).Select(check => $"{check.Key} {check.Value}").ToArray();
        return new JsonObject { ["works"] = wrong.Length == 0, ["why"] = string.Join("; ", wrong), ["checks"] = checks };
    }

    private static void Check(nint library, int device, JsonObject checks, string prefix)
    {
        // tensor THSTensor_ones(sizes, length, type, device type, device index, requires_grad)
        var ones = (delegate* unmanaged[Cdecl]<long*, int, sbyte, int, int, byte, nint>)NativeLibrary.GetExport(library, "THSTensor_ones");
        var axes = (delegate* unmanaged[Cdecl]<nint, long>)NativeLibrary.GetExport(library, "THSTensor_ndimension");
        var size = (delegate* unmanaged[Cdecl]<nint, long, long>)NativeLibrary.GetExport(library, "THSTensor_size");
        var stride = (delegate* unmanaged[Cdecl]<nint, long, long>)NativeLibrary.GetExport(library, "THSTensor_stride");
        var type = (delegate* unmanaged[Cdecl]<nint, sbyte>)NativeLibrary.GetExport(library, "THSTensor_type");
        var matmul = (delegate* unmanaged[Cdecl]<nint, nint, nint>)NativeLibrary.GetExport(library, "THSTensor_matmul");
        var add = (delegate* unmanaged[Cdecl]<nint, nint, nint, nint>)NativeLibrary.GetExport(library, "THSTensor_add");
        var number = (delegate* unmanaged[Cdecl]<float, nint>)NativeLibrary.GetExport(library, "THSTorch_float32_to_scalar");
        var convert = (delegate* unmanaged[Cdecl]<nint, sbyte, byte, byte, nint>)NativeLibrary.GetExport(library, "THSTensor_to_type");
        var toCpu = (delegate* unmanaged[Cdecl]<nint, nint>)NativeLibrary.GetExport(library, "THSTensor_cpu");
        var data = (delegate* unmanaged[Cdecl]<nint, void*>)NativeLibrary.GetExport(library, "THSTensor_data");

        var (a, b) = (Ones([3, 5]), Ones([5, 7]));
        Expect("axes", 2, axes(a));
        Expect("size", 3, size(a, 0));
        Expect("stride", 5, stride(a, 0));
        Expect("type", Float, type(a));
        var product = matmul(a, b);
        Expect("size of a product", 7, product == 0 ? -1 : size(product, 1));
        var sum = product == 0 ? 0 : add(product, product, number(0.5f));
        Expect("elements of a product and a sum", 7.5, sum == 0 ? -1 : ((float*)data(toCpu(sum)))[20]);
        var whole = sum == 0 ? 0 : convert(sum, Long, 0, 0);
        Expect("type after conversion", Long, whole == 0 ? -1 : type(whole));
        Expect("elements after conversion", 7, whole == 0 ? -1 : ((long*)data(toCpu(whole)))[20]);

        nint Ones(ReadOnlySpan<long> sizes)
        {
            fixed (long* dims = sizes)
            {
                return ones(dims, sizes.Length, Float, device, 0, 0);
            }
        }

        void Expect(string what, double expected, double found) =>
            checks[prefix + what] = expected == found ? Right : $"expected {expected}, found {found}";
    }
}
