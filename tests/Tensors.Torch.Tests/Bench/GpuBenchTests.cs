using System.Diagnostics;
using System.Text.Json;
using QwenMesh.Testing;

namespace QwenMesh.Tensors.Torch.Tests.Bench;

/// <summary>bench/gpu/run with small models on the CPU: the script and the program that a card is measured with.</summary>
public class GpuBenchTests
{
    private static readonly TimeSpan Most = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task The_script_runs_every_part_and_prints_a_table()
    {
        using var folder = new TemporaryFolder();
        var start = new ProcessStartInfo(Path.Combine(GoldenFolder.Repository, "bench", "gpu", "run"))
        {
            // The kernels' part takes long without kernels. PyTorch may be here or not.
            ArgumentList = { "--cpu", "--tiny", "--out", folder.Path, "--parts", "machine operations matmul denoiser-bf16 vae encoder" },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["QWENMESH_GPU_BENCH"] = Path.Combine(AppContext.BaseDirectory, "QwenMesh.Gpu.Bench");
        start.Environment["QWENMESH_LIBTORCH"] = TorchEngines.Loaded().Folder;
        using var run = Process.Start(start)!;
        var (output, errors) = (run.StandardOutput.ReadToEndAsync(), run.StandardError.ReadToEndAsync());
        using var bound = new CancellationTokenSource(Most);
        try
        {
            await run.WaitForExitAsync(bound.Token);
        }
        catch (OperationCanceledException)
        {
            run.Kill(entireProcessTree: true);
            Assert.Fail($"longer than {Most}");
        }
        var text = await output;
        Assert.True(run.ExitCode == 0, text + await errors);
        Assert.Contains("Step 64x64, guided, bf16", text, StringComparison.Ordinal);

        using var results = JsonDocument.Parse(await File.ReadAllTextAsync(folder.File("results.json")));
        Assert.Equal(
            ["denoiser-bf16", "encoder", "machine", "matmul", "operations", "vae"], results.RootElement.EnumerateObject().Select(part => part.Name));
        var denoiser = results.RootElement.GetProperty("denoiser-bf16");
        Assert.True(denoiser.GetProperty("velocity_finite").GetBoolean());
        Assert.All(denoiser.GetProperty("steps").EnumerateArray(), step => Assert.True(step.GetProperty("tflop_s").GetDouble() > 0));
        Assert.Equal(2, denoiser.GetProperty("steps").GetArrayLength());
        Assert.Equal(0, results.RootElement.GetProperty("operations").GetProperty("failed").GetInt32());
    }
}
