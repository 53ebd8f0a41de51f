using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Tests.FrontDoor;

/// <summary>Jobs over gRPC in the queue: their order, their end, their keys.</summary>
public sealed class DurableCallsTests
{
    [Fact]
    public async Task A_higher_priority_is_drawn_first_and_of_one_priority_the_oldest()
    {
        await using var mesh = await OneAtATimeAsync();
        var hold = new TaskCompletionSource();
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        using var client = new DurableClient(mesh.Gateway.GrpcAddress);
        await RunningAsync(mesh, client, seed: 1);
        var jobs = new List<GenerationJob>();
        foreach (var (seed, priority) in new[] { (2ul, -5), (3ul, 0), (4ul, 7), (5ul, 7) })
        {
            jobs.Add(await client.SubmitAsync(request => (request.Request.Seed, request.Request.Priority) = (seed, priority)));
        }
        Assert.All(jobs, job => Assert.Equal(GenerationJobState.Queued, job.State));
        hold.SetResult();
        foreach (var job in jobs)
        {
            Assert.Equal(GenerationJobState.Succeeded, (await client.EventsAsync(job.Id))[^1].Ended.State);
        }
        Assert.Equal([1ul, 4, 5, 3, 2], mesh.Denoiser.Service.Requests.Select(request => request.Parameters.Seed));
    }

    [Fact]
    public async Task Waiting_and_running_jobs_are_cancelled_and_ended_ones_stay()
    {
        await using var mesh = await OneAtATimeAsync();
        mesh.Denoiser.Service.Calls.Hold = new TaskCompletionSource().Task;
        using var client = new DurableClient(mesh.Gateway.GrpcAddress);
        var running = await RunningAsync(mesh, client, seed: 1);
        var queued = await client.SubmitAsync();

        Assert.Equal(GenerationJobState.Cancelled, (await client.CancelAsync(queued.Id)).State);
        await client.CancelAsync(running.Id);
        await mesh.Denoiser.Service.Calls.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        foreach (var job in new[] { running, queued })
        {
            Assert.Equal(GenerationJobState.Cancelled, (await client.EventsAsync(job.Id))[^1].Ended.State);
            Assert.Equal(await client.GetAsync(job.Id), await client.CancelAsync(job.Id));
        }
    }

    [Fact]
    public async Task A_second_submission_of_a_key_is_the_first_ones_job_also_when_that_has_ended()
    {
        await using var mesh = await FakeMesh.StartAsync();
        using var client = new DurableClient(mesh.Gateway.GrpcAddress);
        var first = await client.SubmitAsync(request => request.IdempotencyKey = "k");
        Assert.Equal(first.Id, (await client.SubmitAsync(request => request.IdempotencyKey = "k")).Id);
        Assert.NotEqual(first.Id, (await client.SubmitAsync(request => request.IdempotencyKey = "l")).Id);
        await client.EventsAsync(first.Id);
        var again = await client.SubmitAsync(request => request.IdempotencyKey = "k");
        Assert.Equal((first.Id, GenerationJobState.Succeeded), (again.Id, again.State));
    }

    [Fact]
    public async Task A_repeated_submission_is_answered_when_nothing_more_is_accepted()
    {
        await using var mesh = await OneAtATimeAsync(("Jobs:MaxQueuedPictures", "0"));
        mesh.Denoiser.Service.Calls.Hold = new TaskCompletionSource().Task;
        using var client = new DurableClient(mesh.Gateway.GrpcAddress);
        var deadline = DateTime.UtcNow.AddMinutes(10);
        var first = await client.SubmitAsync(Keyed);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await DurableClient.RefusedAsync(() => client.SubmitAsync(), StatusCode.ResourceExhausted, FaultReasons.Overloaded);
        Assert.Equal(first.Id, (await client.SubmitAsync(Keyed)).Id);
        deadline = DateTime.UtcNow.AddSeconds(-1);
        Assert.Equal(first.Id, (await client.SubmitAsync(Keyed)).Id);

        void Keyed(SubmitRequest request) => (request.IdempotencyKey, request.Deadline) = ("k", Timestamp.FromDateTime(deadline));
    }

    private static Task<FakeMesh> OneAtATimeAsync(params (string Name, string Value)[] settings) => FakeMesh.StartAsync(
        settings: settings.Append(("Gateway:MaxConcurrentGenerations", "1")).ToDictionary(setting => setting.Item1, setting => (string?)setting.Item2));

    private static async Task<GenerationJob> RunningAsync(FakeMesh mesh, DurableClient client, ulong seed)
    {
        var job = await client.SubmitAsync(request => request.Request.Seed = seed);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        return job;
    }
}
