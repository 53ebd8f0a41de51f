using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;
using QwenMesh.Testing;
using static QwenMesh.Gateway.Tests.WaveSpeed.WaveSpeedCalls;
using ImageFormat = QwenMesh.Imaging.ImageFormat;

namespace QwenMesh.Gateway.Tests.WaveSpeed;

/// <summary>enable_sync_mode and enable_base64_output.</summary>
public sealed class WaveSpeedSyncTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_answer_waits_for_the_picture()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var completed = await PostAsync(mesh.Gateway, $"{Family}/text-to-image", new { prompt = "x", size = "256*512", enable_sync_mode = true });
        Assert.Equal("completed", Status(completed));
        Assert.Equal(new ImageInfo(ImageFormat.Jpeg, 256, 512), await FetchAsync(mesh.Gateway, completed));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Outputs_are_plain_base64_where_that_is_asked_for(bool isSync)
    {
        await using var mesh = await FakeMesh.StartAsync();
        var answer = await PostAsync(
            mesh.Gateway, $"{Family}/text-to-image", new { prompt = "x", size = "256*512", enable_sync_mode = isSync, enable_base64_output = true, output_format = "png" });
        var completed = isSync ? answer : await EndAsync(mesh.Gateway, answer);
        var output = Assert.Single(completed.GetProperty("outputs").EnumerateArray());
        Assert.Equal(new ImageInfo(ImageFormat.Png, 256, 512), Probe(Convert.FromBase64String(output.GetString()!)));
    }

    [Fact]
    public async Task A_wait_that_is_too_long_answers_with_5004_and_the_task_goes_on()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["WaveSpeed:SyncSeconds"] = "2" });
        var hold = new TaskCompletionSource();
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        var waiting = await PostAsync(mesh.Gateway, $"{Family}/text-to-image", new { prompt = "x", size = "256*256", enable_sync_mode = true });
        Assert.Equal(("processing", 5004), (Status(waiting), waiting.GetProperty("code").GetInt32()));
        Assert.Contains("Sync mode timed out", waiting.GetProperty("error").GetString(), StringComparison.Ordinal);

        hold.SetResult();
        Assert.Equal("completed", Status(await EndAsync(mesh.Gateway, waiting)));
    }

    [Fact]
    public async Task A_client_that_leaves_ends_its_task()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Denoiser.Service.Calls.Hold = new TaskCompletionSource().Task;
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var call = mesh.Gateway.PostAsync($"{Family}/text-to-image", """{"prompt":"x","size":"256*256","enable_sync_mode":true}""", leaving.Token);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await mesh.Denoiser.Service.Calls.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60), Stop);

        await Eventually.TrueAsync(async () =>
        {
            var history = await PostAsync(mesh.Gateway, "/api/v3/predictions", new { page = 1, page_size = 10, status = "failed" });
            return history.GetProperty("items").EnumerateArray().Any(item => item.GetProperty("error").GetString() == "the task was cancelled");
        }, "the task is among the failed ones");
    }
}
