using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Jobs.Store;
using QwenMesh.Gateway.Orchestration;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Jobs;

/// <summary>A Gateway with its own store before fake stages, that begins a job when a test says so.</summary>
internal sealed class ManualJobs : IAsyncDisposable
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private static readonly Type[] Loops = [typeof(JobRunner), typeof(JobLeases), typeof(JobUpkeep)];

    private ManualJobs(FakeMesh mesh, ShiftedTime time) => (Mesh, Time) = (mesh, time);

    public FakeMesh Mesh { get; }

    public ShiftedTime Time { get; }

    public InterruptedStore Store => Service<InterruptedStore>();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<ManualJobs> StartAsync(params (string Key, string Value)[] settings)
    {
        var time = new ShiftedTime();
        return new ManualJobs(await FakeMesh.StartAsync(
            settings: settings.ToDictionary(setting => setting.Key, setting => (string?)setting.Value),
            services: services =>
            {
                WithoutLoops(services);
                services.AddSingleton<TimeProvider>(time);
                services.AddSingleton<JobStore>().AddSingleton<InterruptedStore>().AddSingleton<IJobStore>(provider => provider.GetRequiredService<InterruptedStore>());
            }), time);
    }

    /// <summary>A Gateway that begins no job by itself.</summary>
    public static void WithoutLoops(IServiceCollection services)
    {
        foreach (var loop in services.Where(service => service.ServiceType == typeof(IHostedService) && Loops.Contains(service.ImplementationType)).ToArray())
        {
            services.Remove(loop);
        }
    }

    public T Service<T>()
        where T : notnull => Mesh.Gateway.Services.GetRequiredService<T>();

    public static GenerationRequest Request(DateTimeOffset? deadline = null) =>
        new() { Prompt = "a cat", Seed = 7, Size = new ImageSize(256, 256), Steps = 6, Deadline = deadline };

    public Task<Job> SubmitAsync(GenerationRequest? request = null) => SubmitAsync(new JobSubmission { Request = request ?? Request(), Dialect = "test" });

    public Task<Job> SubmitAsync(JobSubmission submission) =>
        Service<JobQueue>().SubmitAsync(submission, Service<ImageGenerator>().Check(submission.Request), Stop);

    /// <summary>Takes the one job that waits.</summary>
    public async Task<ClaimedJob> ClaimAsync(double leaseSeconds = 600, string gateway = "gateway") =>
        Assert.Single(await Store.ClaimAsync(gateway, 1, TimeSpan.FromSeconds(leaseSeconds), Stop));

    public RunningJob Begin(ClaimedJob claimed) => Service<RunningJobs>().Add(claimed);

    public Task RunAsync(ClaimedJob claimed, RunningJob? running = null) =>
        Service<JobExecution>().RunAsync(claimed, running ?? Begin(claimed)).WaitAsync(Bound, Stop);

    public async Task<Job> FindAsync(string id) => (await Store.FindAsync(id, Stop))!;

    public async Task<JobEventData[]> EventsAsync(string id) => [.. (await Store.EventsAsync(id, 0, 1000, Stop)).Select(happened => happened.Data)];

    /// <summary>From the last event of a job until it may be taken again.</summary>
    public async Task<TimeSpan> PauseAsync(string id)
    {
        await using var db = await Service<IDbContextFactory<JobsDb>>().CreateDbContextAsync(Stop);
        var row = await db.Jobs.SingleAsync(row => row.Id == id, Stop);
        return Moment.Time(row.NotBefore) - (await Store.EventsAsync(id, row.LastEvent - 1, 1, Stop))[0].At;
    }

    public ValueTask DisposeAsync() => Mesh.DisposeAsync();
}
