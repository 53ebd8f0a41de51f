using QwenMesh.Tensors.Torch.Cuda;

namespace QwenMesh.Tensors.Torch.Tests;

/// <summary>The CUDA sources compile, where NVRTC is installed: it needs no card.</summary>
public class KernelCompileTests
{
    public static TheoryData<string, int> Sources
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var name in KernelSources.Names)
            {
                foreach (var architecture in new[] { 75, 80, 89, 90, 100, 120 })
                {
                    data.Add(name, architecture);
                }
            }
            return data;
        }
    }

    [Theory, MemberData(nameof(Sources))]
    public void A_source_compiles(string name, int architecture)
    {
        var path = Environment.GetEnvironmentVariable("QWENMESH_NVRTC") is { Length: > 0 } named ? named : NvrtcLibrary.Find(AppContext.BaseDirectory);
        Assert.SkipWhen(path is null, "NVRTC is not installed; QWENMESH_NVRTC may name its library");
        var compiler = Nvrtc.Load(path);
        var target = NvrtcTarget.For(architecture, compiler.Architectures);
        var code = compiler.Compile(name, KernelSources.Read(name), target);
        Assert.True(code.Length > 1000, $"{code.Length} bytes");
    }
}
