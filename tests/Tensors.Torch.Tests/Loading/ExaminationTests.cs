using QwenMesh.Tensors.Torch.Cuda;

namespace QwenMesh.Tensors.Torch.Tests.Loading;

/// <summary>The engine by its device's name, and what it tells of the machine.</summary>
public class ExaminationTests
{
    [Fact]
    public void The_engine_is_found_by_its_device()
    {
        TorchEngines.Loaded();
        using var engine = TensorEngines.Open(new EngineOptions { Device = "torch:cpu", Threads = 2, Settings = TorchEngines.Settings() });
        Assert.Equal(("torch:cpu", DType.Float32), (engine.Device, engine.ComputeType));
        Assert.Contains("LibTorch", engine.Description, StringComparison.Ordinal);
        Assert.Null(engine.Memory.Limit);
    }

    [Fact]
    public void What_is_there_is_told()
    {
        var library = TorchEngines.Loaded();
        var findings = TensorEngines.Examine(new EngineOptions { Device = "torch:cpu", Threads = 2, Settings = TorchEngines.Settings() });
        Assert.DoesNotContain(findings, finding => finding.IsMissing);
        Assert.Contains(findings, finding => finding.Name == "LibTorch" && finding.Value.Contains(library.Version.ToString(), StringComparison.Ordinal));
        Assert.Contains(findings, finding => finding.Name == "types");
    }

    [Fact]
    public void A_missing_part_does_not_hide_the_others()
    {
        TorchEngines.Loaded();
        Assert.SkipWhen(HasDriver(), "there is a driver here");
        var findings = TensorEngines.Examine(new EngineOptions { Device = "cuda", Settings = TorchEngines.Settings() });
        Assert.Contains(findings, finding => finding.Name == "driver" && finding.IsMissing);
        Assert.Contains(findings, finding => finding.Name == "LibTorch" && !finding.IsMissing);
        Assert.Contains(findings, finding => finding.Name == "CUDA" && finding.IsMissing);
    }

    [Fact]
    public void A_card_that_is_not_there_is_named()
    {
        Assert.SkipWhen(HasDriver(), "there is a driver here");
        var missing = Assert.Throws<EngineUnavailableException>(() => TensorEngines.Open(new EngineOptions { Device = "cuda:0" }));
        Assert.Contains("driver", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_settings_are_a_finding() => Assert.Contains(
        TensorEngines.Examine(new EngineOptions { Device = "torch:cpu", Settings = new Dictionary<string, string> { ["Speed"] = "high" } }),
        finding => finding.IsMissing && finding.Value.Contains("no setting 'Speed'", StringComparison.Ordinal));

    private static bool HasDriver()
    {
        try
        {
            return CudaDevice.Count() > 0;
        }
        catch (TorchException)
        {
            return false;
        }
    }
}
