using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Orchestration;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Jobs;

/// <summary>Callers who wait for their job, which runs here or in another Gateway.</summary>
public sealed class JobCallsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static GenerationRequest Request => ManualJobs.Request() with { PreviewInterval = 1 };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_caller_gets_progress_and_pictures_wherever_the_job_runs(bool here)
    {
        using var folder = new TemporaryFolder();
        await using var mesh = await StartAsync(folder, here);
        mesh.Denoiser.Service.Steps = 3;
        await using var other = here ? null : await AnotherAsync(mesh, folder);
        var progress = new RecordedProgress();
        var done = await CallAsync(mesh, Request, progress: progress);
        var picture = Assert.Single(done.Result.Pictures);
        Assert.Equal(((byte)0x89, 7UL, new ImageSize(256, 256)), (picture.File.Span[0], picture.Seed, picture.Size));
        Assert.Equal(JobState.Succeeded, done.Job.State);
        var told = progress.Events.ToArray();
        Assert.Equal(256, Assert.IsType<GenerationAccepted>(told.First(one => one is not StageProgress)).Request.Size!.Value.Width);
        Assert.Equal([1, 2, 3], told.OfType<StepProgress>().Select(step => step.Step));
        Assert.Contains(told, one => one is StageProgress { Stage: "decode", Ended: true });
        Assert.Equal(picture.File.ToArray(), Assert.Single(told.OfType<PictureDrawn>()).Picture.File.ToArray());
        // Those that come while another one is decoded are left out.
        Assert.All(told.OfType<PreviewDrawn>(), preview => Assert.Equal(0x89, preview.File.Span[0]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_fault_reaches_the_caller_at_the_first_attempt_wherever_the_job_runs(bool here)
    {
        using var folder = new TemporaryFolder();
        await using var mesh = await StartAsync(folder, here);
        await using var other = here ? null : await AnotherAsync(mesh, folder);
        mesh.Denoiser.Service.Calls.AlwaysFail = StageFaults.Overloaded("denoiser", "full");
        var refused = await Assert.ThrowsAsync<GenerationException>(() => CallAsync(mesh, Request));
        Assert.Equal((FaultKind.Overloaded, "denoiser"), (refused.Fault.Kind, refused.Fault.Stage));
        var job = Assert.Single((await mesh.Gateway.Services.GetRequiredService<IJobStore>().ListAsync(new JobQuery { Owner = "" }, Stop)).Jobs);
        Assert.Equal((JobState.Failed, 1), (job.State, job.Attempts));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_caller_who_leaves_ends_the_job_and_its_running_step(bool here)
    {
        using var folder = new TemporaryFolder();
        await using var mesh = await StartAsync(folder, here);
        await using var other = here ? null : await AnotherAsync(mesh, folder);
        mesh.Denoiser.Service.Calls.Hold = new TaskCompletionSource().Task;
        using var leaving = new CancellationTokenSource();
        var call = CallAsync(mesh, Request, leaving: leaving.Token);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(ManualJobs.Bound, Stop);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await mesh.Denoiser.Service.Calls.Cancelled.Task.WaitAsync(ManualJobs.Bound, Stop);
        await Eventually.TrueAsync(async () => await StateAsync(mesh) == JobState.Cancelled, "the job is cancelled");
    }

    [Fact]
    public async Task A_caller_with_a_key_who_leaves_finds_the_picture_when_coming_back()
    {
        using var folder = new TemporaryFolder();
        await using var mesh = await StartAsync(folder, here: true);
        var hold = new TaskCompletionSource();
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        using var leaving = new CancellationTokenSource();
        var call = CallAsync(mesh, Request, key: "k", leaving: leaving.Token);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(ManualJobs.Bound, Stop);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(JobState.Running, await StateAsync(mesh));

        var again = CallAsync(mesh, Request, key: "k");
        hold.SetResult();
        var done = await again;
        Assert.NotEqual(0, Assert.Single(done.Result.Pictures).File.Length);
        // And once more, of the one that has ended.
        Assert.Equal(done.Job.Id, (await CallAsync(mesh, Request, key: "k")).Job.Id);
        Assert.Equal(1, mesh.Denoiser.Service.Calls.Count);
    }

    [Fact]
    public async Task A_job_that_somebody_cancels_is_told_as_cancelled()
    {
        using var folder = new TemporaryFolder();
        await using var mesh = await StartAsync(folder, here: true);
        mesh.Denoiser.Service.Calls.Hold = new TaskCompletionSource().Task;
        var call = CallAsync(mesh, Request);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(ManualJobs.Bound, Stop);
        var queue = mesh.Gateway.Services.GetRequiredService<JobQueue>();
        await queue.CancelAsync(Assert.Single((await queue.ListAsync(new JobQuery { Owner = "" }, Stop)).Jobs).Id, "", Stop);
        Assert.Equal(FaultKind.Cancelled, (await Assert.ThrowsAsync<GenerationException>(() => call)).Fault.Kind);
    }

    /// <summary>The caller looks into the store before the job is begun, and gets to see what is there when it has ended.</summary>
    [Fact]
    public async Task What_a_caller_was_told_here_the_store_does_not_tell_again()
    {
        await using var jobs = await ManualJobs.StartAsync();
        var (looking, ended) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource());
        jobs.Store.BeforeEvents = () =>
        {
            looking.TrySetResult();
            return ended.Task;
        };
        var progress = new RecordedProgress();
        var call = CallAsync(jobs.Mesh, Request, progress: progress);
        await looking.Task.WaitAsync(ManualJobs.Bound, Stop);
        await jobs.RunAsync(await jobs.ClaimAsync());
        ended.SetResult();
        Assert.Single((await call).Result.Pictures);
        Assert.Single(progress.Events.OfType<GenerationAccepted>());
        Assert.Single(progress.Events.OfType<StepProgress>());
        Assert.Single(progress.Events.OfType<PictureDrawn>());
    }

    // Where the job does not run here, this Gateway begins none.
    private static Task<FakeMesh> StartAsync(TemporaryFolder folder, bool here) =>
        FakeMesh.StartAsync(settings: Settings(folder), services: here ? null : ManualJobs.WithoutLoops);

    private static async Task<GatewayHost> AnotherAsync(FakeMesh mesh, TemporaryFolder folder) => await (await GatewayHost.StartAsync(new Dictionary<string, string?>(Settings(folder))
    {
        ["Stages:Encoder:Addresses:0"] = mesh.Encoder.Address,
        ["Stages:Denoiser:Addresses:0"] = mesh.Denoiser.Address,
        ["Stages:Vae:Addresses:0"] = mesh.Vae.Address,
    }, QuickLeases.Register)).ReadyAsync();

    private static Dictionary<string, string?> Settings(TemporaryFolder folder) => new() { ["Jobs:Folder"] = folder.Path, ["Jobs:PollSeconds"] = "0.05" };

    private static Task<FinishedJob> CallAsync(
        FakeMesh mesh, GenerationRequest request, IGenerationProgress? progress = null, string? key = null, CancellationToken leaving = default)
    {
        var services = mesh.Gateway.Services;
        return services.GetRequiredService<JobCalls>().RunAsync(
            new JobSubmission { Request = request, Dialect = "test", IdempotencyKey = key }, services.GetRequiredService<ImageGenerator>().Check(request), progress, leaving)
            .WaitAsync(ManualJobs.Bound, Stop);
    }

    private static async Task<JobState> StateAsync(FakeMesh mesh) =>
        Assert.Single((await mesh.Gateway.Services.GetRequiredService<IJobStore>().ListAsync(new JobQuery { Owner = "" }, Stop)).Jobs).State;
}
