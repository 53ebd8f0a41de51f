using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using QwenMesh.Tensors.Torch.Cuda;
using QwenMesh.Testing;

namespace QwenMesh.Tensors.Torch.Tests.HostKernels;

/// <summary>Compiles the CUDA sources for the host: HostCuda.h before each, and for each kernel a function that takes arguments as the driver does.</summary>
internal static partial class HostCompiler
{
    private static readonly TimeSpan Most = TimeSpan.FromMinutes(5);

    /// <summary>Names of all kernels.</summary>
    public static IReadOnlyList<string> Kernels { get; } = [.. KernelSources.Names.SelectMany(name => KernelsOf(KernelSources.Read(name)))];

    /// <summary>The library with <c>run_NAME</c> for every kernel.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">There is no g++.</exception>
    public static nint Compile()
    {
        using var folder = new TemporaryFolder();
        using (var header = typeof(HostCompiler).Assembly.GetManifestResourceStream("HostCuda.h")!)
        using (var file = File.Create(folder.File("HostCuda.h")))
        {
            header.CopyTo(file);
        }
        var library = folder.File("kernels.so");
        var start = new ProcessStartInfo("g++")
        {
            ArgumentList = { "-std=c++17", "-O1", "-fPIC", "-shared", "-fno-strict-aliasing", "-o", library },
            RedirectStandardError = true,
        };
        foreach (var name in KernelSources.Names)
        {
            start.ArgumentList.Add(folder.Write(name + ".cpp", Source(KernelSources.Read(name))));
        }
        using var compiler = Process.Start(start)!;
        var errors = compiler.StandardError.ReadToEndAsync();
        if (!compiler.WaitForExit(Most))
        {
            compiler.Kill();
            throw new TimeoutException($"g++ took longer than {Most}");
        }
        Assert.True(compiler.ExitCode == 0, errors.GetAwaiter().GetResult());
        return NativeLibrary.Load(library);
    }

    private static string Source(string kernels)
    {
        var text = new StringBuilder("#include \"HostCuda.h\"\n").AppendLine(kernels);
        foreach (var kernel in KernelsOf(kernels))
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"extern \"C\" void run_{kernel}(unsigned blocks, unsigned threads, void** arguments) {{ host::launch(&{kernel}, blocks, threads, arguments); }}");
        }
        return text.ToString();
    }

    /// <summary>What a source exports: by name, or four at once by the macro of common.cuh.</summary>
    private static IEnumerable<string> KernelsOf(string source) =>
    [
        .. Exported().Matches(source).Select(match => match.Groups["name"].Value),
        .. FourTimes().Matches(source).SelectMany(match => new[] { "f32", "f32_wide", "bf16", "bf16_wide" }.Select(kind => $"{match.Groups["name"].Value}_{kind}")),
    ];

    [GeneratedRegex("""^extern "C" __global__ void (?<name>\w+)[ (]""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Exported();

    [GeneratedRegex(@"^ENTRY_POINTS\((?<name>\w+),", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FourTimes();
}
