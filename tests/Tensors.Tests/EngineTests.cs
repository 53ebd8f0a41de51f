namespace QwenMesh.Tensors.Tests;

/// <summary>Engines by the name of a device.</summary>
public class EngineTests
{
    [Fact]
    public void Cpu_is_the_managed_engine()
    {
        using var engine = TensorEngines.Open(new EngineOptions { Device = "CPU", Threads = 1 });
        Assert.Equal(("cpu", DType.Float32), (engine.Device, engine.ComputeType));
        Assert.Contains("1 threads", engine.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tpu:0", "known are cpu, torch:cpu, cuda and cuda:N")]
    [InlineData("cuda:0", "-p:Torch=")]
    [InlineData("torch:cpu", "-p:Torch=")]
    public void What_is_not_there_is_named(string device, string reason)
    {
        var missing = Assert.Throws<EngineUnavailableException>(() => TensorEngines.Open(new EngineOptions { Device = device }));
        Assert.Contains(reason, missing.Message, StringComparison.Ordinal);
        Assert.Contains(TensorEngines.Examine(new EngineOptions { Device = device }), finding => finding.IsMissing && finding.Value == missing.Message);
    }

    [Fact]
    public void Settings_are_the_engines_own()
    {
        static EngineOptions With(string key, string value) => new() { Settings = new Dictionary<string, string> { [key] = value } };
        TensorEngines.Open(With("PackedWeightBytes", "1048576")).Dispose();
        Assert.Contains("no setting 'Kernels'", Refused(With("Kernels", "off")), StringComparison.Ordinal);
        Assert.Contains("not a number", Refused(With("PackedWeightBytes", "many")), StringComparison.Ordinal);
        Assert.Contains("BFloat16", Refused(new EngineOptions { ComputeType = DType.BFloat16 }), StringComparison.Ordinal);

        static string Refused(EngineOptions options) => Assert.Throws<EngineUnavailableException>(() => TensorEngines.Open(options)).Message;
    }

    [Fact]
    public void The_managed_engine_misses_nothing()
    {
        var findings = TensorEngines.Examine(new EngineOptions());
        Assert.NotEmpty(findings);
        Assert.DoesNotContain(findings, finding => finding.IsMissing);
    }

    [Fact]
    public void Memory_counts_what_is_held()
    {
        using var engine = TensorEngines.Open(new EngineOptions { Threads = 1 });
        var before = engine.Memory.InUse;
        using (engine.Empty([1024, 1024]))
        {
            Assert.True(engine.Memory.InUse >= before + (4 << 20));
        }
        Assert.Equal(before, engine.Memory.InUse);
        Assert.True(engine.Memory.Peak >= before + (4 << 20));
        engine.EnsureRoom(long.MaxValue / 8, "anything"); // Weights are read where they are mapped.
    }
}
