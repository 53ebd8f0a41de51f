using QwenMesh.Testing;

namespace QwenMesh.Tensors.Torch.Tests.Loading;

public sealed class LibTorchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0x020A_0000_0000_0000UL, "2.10.0", true, true)]
    [InlineData(0x020A_0100_0000_0000UL, "2.10.1", true, true)]
    [InlineData(0x020B_0000_0000_0000UL, "2.11.0", true, false)]
    [InlineData(0x0300_0000_0000_0000UL, "3.0.0", true, false)]
    [InlineData(0x0209_0100_0000_0000UL, "2.9.1", false, false)]
    public void Versions_from_2_10_on_are_served_and_2_10_alone_through_TorchSharp(ulong number, string text, bool stable, bool torchSharp)
    {
        var version = LibTorchVersion.Of(number);
        Assert.Equal((text, stable, torchSharp), (version.ToString(), version.IsStable, version.FitsTorchSharp));
        Assert.Equal(number, version.Number);
    }

    [Fact]
    public void A_folder_or_one_with_a_lib_folder_is_found()
    {
        var library = _folder.Write("lib/libtorch_cpu.so", "");
        Assert.Equal(Path.GetDirectoryName(library), LibTorchFolder.Find(_folder.Path, "libtorch_cpu.so"));
        Assert.Equal(Path.GetDirectoryName(library), LibTorchFolder.Find(Path.GetDirectoryName(library), "libtorch_cpu.so"));
    }

    [Fact]
    public void A_folder_without_it_is_named()
    {
        var missing = Assert.Throws<TorchException>(() => LibTorchFolder.Find(_folder.Path, "libtorch_cpu.so"));
        Assert.Contains(_folder.Path, missing.Message, StringComparison.Ordinal);
        missing = Assert.Throws<TorchException>(() => LibTorchFolder.Find(null, "libtorch_nowhere.so"));
        Assert.Contains("-p:Torch=cpu", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_has_one_LibTorch()
    {
        var first = TorchEngines.Loaded();
        Assert.Same(first, TorchEngines.Loaded());
        _folder.Write("libtorch_cpu.so", "");
        var second = Assert.Throws<TorchException>(() => LibTorch.Load(_folder.Path, cuda: false, threads: 1));
        Assert.Contains("can have only one", second.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cuda_is_asked_of_a_LibTorch_that_has_it()
    {
        var library = TorchEngines.Loaded();
        Assert.SkipWhen(File.Exists(Path.Combine(library.Folder, "libtorch_cuda.so")), "this LibTorch has CUDA");
        var missing = Assert.Throws<TorchException>(() => LibTorch.Load(TorchEngines.LibTorchPath, cuda: true, threads: 1));
        Assert.Contains("for the CPU alone", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Threads_wait_without_spinning_and_are_as_many_as_asked_for()
    {
        using var backend = TorchEngines.Open(TorchBinding.Stable);
        Assert.Equal("PASSIVE", NativeEnvironment.Get("OMP_WAIT_POLICY"));
        Assert.Equal(NativeEnvironment.Get("OMP_NUM_THREADS"), backend.Aten.Threads.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }
}
