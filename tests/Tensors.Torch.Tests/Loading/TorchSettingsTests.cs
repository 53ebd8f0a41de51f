namespace QwenMesh.Tensors.Torch.Tests.Loading;

public class TorchSettingsTests
{
    [Theory]
    [InlineData("torch:cpu", "torch:cpu", DType.Float32)]
    [InlineData("TORCH:CPU", "torch:cpu", DType.Float32)]
    [InlineData("cuda", "cuda:0", DType.BFloat16)]
    [InlineData("cuda:3", "cuda:3", DType.BFloat16)]
    public void A_device_brings_its_compute_type(string device, string name, DType computeType)
    {
        Assert.True(new TorchEngine().Serves(device));
        var settings = TorchSettings.Of(new EngineOptions { Device = device });
        Assert.Equal((name, computeType), (settings.Device.ToString(), settings.ComputeType));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:x")]
    [InlineData("cudas")]
    [InlineData("cuda:999")]
    [InlineData("torch:cuda")]
    public void Other_names_are_not_served(string device) => Assert.False(new TorchEngine().Serves(device));

    [Fact]
    public void Settings_are_read_whatever_their_case()
    {
        var settings = TorchSettings.Of(new EngineOptions
        {
            Device = "cuda",
            Settings = new Dictionary<string, string>
            {
                ["LIBRARYPATH"] = "/opt/torch",
                ["binding"] = "Stable",
                ["Kernels"] = "off",
                ["KernelCache"] = "/tmp/kernels",
                ["Fp8Linear"] = "true",
            },
        });
        Assert.Equal(("/opt/torch", TorchBinding.Stable, false, "/tmp/kernels"), (settings.LibTorchPath, settings.Binding, settings.Kernels, settings.KernelCache));
        Assert.Same(Float8Layers.Default, settings.Float8);
    }

    [Theory]
    [InlineData("Kernel", "off", "no setting 'Kernel'")]
    [InlineData("Kernels", "perhaps", "on or off")]
    [InlineData("Binding", "python", "auto, torchsharp or stable")]
    public void What_is_not_known_is_refused(string key, string value, string reason)
    {
        var refused = Assert.Throws<TorchException>(() => TorchSettings.Of(
            new EngineOptions { Device = "torch:cpu", Settings = new Dictionary<string, string> { [key] = value } }));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Types_that_do_not_go_together_are_refused()
    {
        Assert.Throws<TorchException>(() => TorchSettings.Of(new EngineOptions { Device = "cuda", ComputeType = DType.Float16 }));
        Assert.Throws<TorchException>(() => TorchSettings.Of(new EngineOptions
        {
            Device = "cuda",
            ComputeType = DType.Float32,
            Settings = new Dictionary<string, string> { ["Fp8Linear"] = "on" },
        }));
    }
}
