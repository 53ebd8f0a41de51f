using System.Diagnostics;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Tests;

/// <summary>The comparisons with plain loops once more in child processes whose runtime is told that the processor has less.</summary>
public class HardwarePathTests
{
    private const string Child = "QWENMESH_HARDWARE_PATH_TESTS";

    [Theory]
    [InlineData("DOTNET_EnableAVX512", nameof(SimdLevel.Vector256))]
    [InlineData("DOTNET_EnableAVX2", nameof(SimdLevel.Vector128))]
    [InlineData("DOTNET_EnableHWIntrinsic", nameof(SimdLevel.Vector128))]
    public async Task Kernels_agree_with_faster_instructions_off(string knob, string widest)
    {
        if (Environment.GetEnvironmentVariable(Child) is not null)
        {
            return; // This is the child.
        }
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(HardwarePathTests).Assembly.Location);
        }
        foreach (var suite in new[] { nameof(LinearTests), nameof(ConvTests), nameof(AttentionTests), nameof(NormTests), nameof(ElementwiseTests), nameof(LayoutTests), nameof(ExpectedLevelTests) })
        {
            start.ArgumentList.Add("--filter-class");
            start.ArgumentList.Add($"*{suite}");
        }
        start.Environment[knob] = "0";
        start.Environment[Child] = widest;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(3));
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(3));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(3));
        Assert.True(process.ExitCode == 0, $"{knob}=0: {await output}{await errors}");
    }

    /// <summary>In the child: what the parent meant to switch off is off.</summary>
    public class ExpectedLevelTests
    {
        [Fact]
        public void The_widest_vectors_are_those_that_the_parent_left()
        {
            if (Environment.GetEnvironmentVariable(Child) is { } widest)
            {
                Assert.True(SimdLevels.Detected <= Enum.Parse<SimdLevel>(widest), $"{SimdLevels.Detected} in spite of the switch");
            }
        }
    }
}
