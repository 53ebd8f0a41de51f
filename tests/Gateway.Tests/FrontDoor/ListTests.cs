using Grpc.Core;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Tests.FrontDoor;

/// <summary>The caller's jobs by page, state and model.</summary>
public sealed class ListTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    [Fact]
    public async Task Jobs_are_listed_by_page_and_by_what_they_are()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:MaxConcurrentGenerations"] = "1" });
        using var client = new DurableClient(mesh.Gateway.GrpcAddress);
        var done = await client.SubmitAsync(request => request.Request.Model = "qwen/qwen-image");
        await client.EventsAsync(done.Id);
        mesh.Denoiser.Service.Calls.Hold = new TaskCompletionSource().Task;
        var running = await client.SubmitAsync();
        await QwenMesh.Testing.Eventually.TrueAsync(
            async () => (await client.GetAsync(running.Id)).State == GenerationJobState.Running, "the job is running");
        var queued = await client.SubmitAsync();
        var cancelled = await client.SubmitAsync();
        await client.CancelAsync(cancelled.Id);
        string[] all = [cancelled.Id, queued.Id, running.Id, done.Id];

        Assert.Equal(all, Ids(await client.ListAsync(new ListJobsRequest())));
        for (var size = 1; size <= 4; size++)
        {
            Assert.Equal(all.Chunk(size), await PagesAsync(client, size));
        }
        foreach (var (state, job) in new[]
        {
            (GenerationJobState.Queued, queued), (GenerationJobState.Running, running), (GenerationJobState.Succeeded, done), (GenerationJobState.Cancelled, cancelled),
        })
        {
            Assert.Equal([job.Id], Ids(await client.ListAsync(new ListJobsRequest { States = { state } })));
        }
        Assert.Equal([queued.Id, running.Id], Ids(await client.ListAsync(new ListJobsRequest { States = { GenerationJobState.Running, GenerationJobState.Queued } })));
        Assert.Empty((await client.ListAsync(new ListJobsRequest { States = { GenerationJobState.Failed } })).Jobs);
        Assert.Equal([done.Id], Ids(await client.ListAsync(new ListJobsRequest { Model = "qwen/qwen-image" })));
        Assert.Equal([cancelled.Id, queued.Id, running.Id], Ids(await client.ListAsync(new ListJobsRequest { Model = running.Model })));
    }

    public static TheoryData<string, ListJobsRequest> Invalid => new()
    {
        { "states", new ListJobsRequest { States = { GenerationJobState.Unspecified } } },
        { "states", new ListJobsRequest { States = { GenerationJobState.Queued, (GenerationJobState)99 } } },
        { "page_size", new ListJobsRequest { PageSize = -1 } },
        { "page_size", new ListJobsRequest { PageSize = 201 } },
        { "page_token", new ListJobsRequest { PageToken = "2" } },
    };

    [Theory]
    [MemberData(nameof(Invalid), DisableDiscoveryEnumeration = true)]
    public async Task What_is_wrong_is_INVALID_ARGUMENT_with_the_field(string field, ListJobsRequest request)
    {
        using var client = new DurableClient(shared.Gateway.GrpcAddress);
        var fault = await DurableClient.RefusedAsync(() => client.ListAsync(request), StatusCode.InvalidArgument, FaultReasons.InvalidRequest);
        Assert.Equal(field, Assert.Single(fault.Fields).Field);
    }

    [Fact]
    public async Task A_negative_event_number_is_refused()
    {
        using var client = new DurableClient(shared.Gateway.GrpcAddress);
        var fault = await DurableClient.RefusedAsync(() => client.EventsAsync("x", after: -1), StatusCode.InvalidArgument, FaultReasons.InvalidRequest);
        Assert.Equal("after", Assert.Single(fault.Fields).Field);
    }

    private static async Task<List<string[]>> PagesAsync(DurableClient client, int size)
    {
        var pages = new List<string[]>();
        var token = "";
        do
        {
            var page = await client.ListAsync(new ListJobsRequest { PageSize = size, PageToken = token });
            pages.Add(Ids(page));
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return pages;
    }

    private static string[] Ids(ListJobsResponse page) => [.. page.Jobs.Select(job => job.Id)];
}
