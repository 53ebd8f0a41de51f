using Grpc.Core;
using Grpc.Net.Client;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Tests.FrontDoor;

/// <summary>ImageGeneration's jobs, through a generated client.</summary>
public sealed class DurableCallsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static SubmitRequest Request => new()
    {
        Request = new GenerateRequest { Task = GenerationTask.TextToImage, Prompt = "p", Width = 512, Height = 512, Seed = 9, Steps = 6 },
    };

    [Fact]
    public async Task A_job_is_watched_from_its_first_event_and_from_any_other()
    {
        await using var mesh = await FakeMesh.StartAsync();
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        var client = new ImageGeneration.ImageGenerationClient(channel);
        var job = await client.SubmitAsync(Request, deadline: Soon, cancellationToken: Token);
        Assert.Equal(GenerationJobState.Queued, job.State);
        var all = await EventsAsync(client, job.Id, after: 0);
        Assert.Equal(GenerationJobEvent.KindOneofCase.Queued, all[0].KindCase);
        Assert.Equal(GenerationJobState.Succeeded, all[^1].Ended.State);
        Assert.Equal(Enumerable.Range(1, all.Count).Select(number => (long)number), all.Select(one => one.Number));
        Assert.NotEqual(0, Assert.Single(all, one => one.Image is not null).Image.Data.Length);
        Assert.Equal(all.Skip(3), await EventsAsync(client, job.Id, after: 3));
        Assert.Equal(GenerationJobState.Succeeded, (await client.GetAsync(new GetJobRequest { Id = job.Id }, deadline: Soon, cancellationToken: Token)).State);
    }

    [Fact]
    public async Task Jobs_are_cancelled_listed_by_page_and_known_by_their_key()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:MaxConcurrentGenerations"] = "1" });
        mesh.Denoiser.Service.Calls.Hold = new TaskCompletionSource().Task;
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        var client = new ImageGeneration.ImageGenerationClient(channel);
        var running = await client.SubmitAsync(Request, deadline: Soon, cancellationToken: Token);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), Token);
        var keyed = Request;
        keyed.IdempotencyKey = "k";
        var queued = await client.SubmitAsync(keyed, deadline: Soon, cancellationToken: Token);
        Assert.Equal(queued.Id, (await client.SubmitAsync(keyed, deadline: Soon, cancellationToken: Token)).Id);

        var first = await client.ListAsync(new ListJobsRequest { PageSize = 1 }, deadline: Soon, cancellationToken: Token);
        var second = await client.ListAsync(new ListJobsRequest { PageSize = 1, PageToken = first.NextPageToken }, deadline: Soon, cancellationToken: Token);
        Assert.Equal([queued.Id, running.Id], first.Jobs.Concat(second.Jobs).Select(job => job.Id));
        Assert.Equal("", second.NextPageToken);

        Assert.Equal(GenerationJobState.Cancelled, (await client.CancelAsync(new CancelRequest { Id = queued.Id }, deadline: Soon, cancellationToken: Token)).State);
        await client.CancelAsync(new CancelRequest { Id = running.Id }, deadline: Soon, cancellationToken: Token);
        await mesh.Denoiser.Service.Calls.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60), Token);
        Assert.Equal(GenerationJobState.Cancelled, (await EventsAsync(client, running.Id, after: 0))[^1].Ended.State);
        var unknown = await Assert.ThrowsAsync<RpcException>(async () => await client.GetAsync(new GetJobRequest { Id = "x" }, deadline: Soon, cancellationToken: Token));
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);
    }

    private static DateTime Soon => DateTime.UtcNow.AddSeconds(60);

    private static async Task<List<GenerationJobEvent>> EventsAsync(ImageGeneration.ImageGenerationClient client, string id, long after)
    {
        using var call = client.Watch(new WatchRequest { Id = id, After = after }, deadline: Soon, cancellationToken: Token);
        return await call.ResponseStream.ReadAllAsync(Token).ToListAsync(Token);
    }
}
