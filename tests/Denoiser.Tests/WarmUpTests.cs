using QwenMesh.Denoiser.Tests.Service;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Testing;

namespace QwenMesh.Denoiser.Tests;

public sealed class WarmUpTests
{
    /// <summary>Up to this many rows a product takes another path, which no real picture takes.</summary>
    private const int FewRows = 8;

    [Theory]
    [InlineData(1, 16)]
    [InlineData(2, 64)]
    [InlineData(4, 256)]
    public void Both_streams_have_rows_enough_for_products_in_blocks(int patch, int inChannels)
    {
        var job = DenoiserModel.WarmUpJob(new TransformerConfig { PatchSize = patch, InChannels = inChannels });
        Assert.Equal(64, job.Grid.Tokens);
        Assert.Equal(inChannels, job.Grid.TokenChannels);
        Assert.True(job.Prompt.Tokens > FewRows);
        Assert.Equal(job.Prompt.Tokens * 3584, job.Prompt.Values.Length);
        Assert.True(job.IsGuided);
    }

    [Fact]
    public async Task A_checkpoint_that_gives_NaN_stops_the_stage()
    {
        using var folder = new TemporaryFolder();
        var model = Path.Combine(GoldenFolder.Repository, "models", "qwen-image-nano");
        var damaged = DamagedCheckpoint.WithNaN(folder, model, "transformer", "proj_out.weight");
        var exitCode = Environment.ExitCode;
        try
        {
            await using var host = await DenoiserHost.StartLoadingAsync(damaged);
            await Eventually.TrueAsync(() => Environment.ExitCode == 1, "the stage has stopped");
            Assert.Contains("the latents came out with values that are not finite", host.Readiness.Reason, StringComparison.Ordinal);
        }
        finally
        {
            Environment.ExitCode = exitCode;
        }
    }
}
