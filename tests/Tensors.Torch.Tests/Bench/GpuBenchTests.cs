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
        Assert.Contains("Edit 64x64, 2 references, bf16", text, StringComparison.Ordinal);

        using var results = JsonDocument.Parse(await File.ReadAllTextAsync(folder.File("results.json")));
        Assert.Equal(
            ["denoiser-bf16", "encoder", "machine", "matmul", "operations", "vae"], results.RootElement.EnumerateObject().Select(part => part.Name));
        var denoiser = results.RootElement.GetProperty("denoiser-bf16");
        Assert.True(denoiser.GetProperty("velocity_finite").GetBoolean());
        Assert.All(denoiser.GetProperty("steps").EnumerateArray(), step => Assert.True(step.GetProperty("tflop_s").GetDouble() > 0));
        Assert.Equal(2, denoiser.GetProperty("steps").GetArrayLength());
        var edits = denoiser.GetProperty("edits").EnumerateArray().ToArray();
        Assert.Equal([1, 2], edits.Select(edit => edit.GetProperty("references").GetInt32()));
        Assert.All(edits, edit => Assert.True(edit.GetProperty("tflop_s").GetDouble() > 0));
        // 9 and 25 rows of a picture, behind the 64 that a template has before it.
        var pictures = results.RootElement.GetProperty("encoder").GetProperty("pictures").EnumerateArray().ToArray();
        Assert.Equal([64 + 9 + 64, 64 + 25 + 64], pictures.Select(picture => picture.GetProperty("tokens").GetInt32()));
        Assert.All(pictures, picture => Assert.True(picture.GetProperty("finite").GetBoolean()));
        Assert.True(results.RootElement.GetProperty("vae").GetProperty("encode_ms").GetDouble() > 0);
        Assert.Equal(0, results.RootElement.GetProperty("operations").GetProperty("failed").GetInt32());
    }
}
