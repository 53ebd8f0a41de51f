using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Tests.FrontDoor;

/// <summary>What those see who watch a job, from its begin, later, and again.</summary>
public sealed class WatchTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_is_watched_from_its_first_event_and_from_any_other()
    {
        await using var mesh = await FakeMesh.StartAsync();
        using var client = new DurableClient(mesh.Gateway.GrpcAddress);
        var job = await client.SubmitAsync();
        Assert.Equal(GenerationJobState.Queued, job.State);
        var all = await client.EventsAsync(job.Id);
        Assert.Equal(GenerationJobEvent.KindOneofCase.Queued, all[0].KindCase);
        Assert.Equal(GenerationJobState.Succeeded, all[^1].Ended.State);
        Assert.Equal(Enumerable.Range(1, all.Count).Select(number => (long)number), all.Select(one => one.Number));
        Assert.NotEmpty(Assert.Single(DurableClient.Pictures(all)).Value);
        // From the last one, and from beyond, nothing is left to wait for.
        for (var after = 0; after <= all.Count + 1; after++)
        {
            Assert.Equal(all.Skip(after), await client.EventsAsync(job.Id, after));
        }
    }

    [Fact]
    public async Task After_a_retry_every_watcher_ends_with_the_last_attempts_pictures()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Jobs:RetrySeconds"] = "0" });
        var (denoiser, fail) = (mesh.Denoiser.Service, new TaskCompletionSource());
        (denoiser.FailsOfSeed, denoiser.FailWhen) = (10, fail.Task);
        using var client = new DurableClient(mesh.Gateway.GrpcAddress);
        var job = await client.SubmitAsync(request => request.Request.Count = 2);
        var live = new List<GenerationJobEvent>();
        using (var call = client.Watch(job.Id))
        {
            await foreach (var happened in call.ResponseStream.ReadAllAsync(Token))
            {
                live.Add(happened);
                if (happened.Image is not null)
                {
                    // The first attempt's other picture fails, and may come later than this one; the second attempt's does not.
                    await QwenMesh.Testing.Eventually.TrueAsync(() => denoiser.Requests.Any(request => request.Parameters.Seed == 10), "the other picture is begun");
                    denoiser.FailsOfSeed = null;
                    fail.TrySetResult();
                }
            }
        }
        Assert.Equal([1, 2], live.Where(one => one.Started is not null).Select(one => one.Started.Attempt));
        Assert.Equal(3, live.Count(one => one.Image is { Absence: ImageAbsence.Unspecified }));
        var pictures = DurableClient.Pictures(live);
        Assert.Equal([0, 1], pictures.Keys.Order());

        var late = await client.EventsAsync(job.Id);
        var discarded = Assert.Single(late, one => one.Image is { Absence: not ImageAbsence.Unspecified });
        Assert.Equal((ImageAbsence.Discarded, 0), (discarded.Image.Absence, discarded.Image.Data.Length));
        Assert.True(discarded.Number < late.Single(one => one.Retried is not null).Number);
        foreach (var after in live.Select(one => one.Number).Prepend(0))
        {
            Assert.Equal(pictures, DurableClient.Pictures([.. live.Where(one => one.Number <= after), .. await client.EventsAsync(job.Id, after)]));
        }
    }

    [Fact]
    public async Task A_withheld_picture_is_told_from_one_whose_file_is_gone()
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IGuardrails>(new WithholdingGuardrails(pictures: 1)));
        using var client = new DurableClient(mesh.Gateway.GrpcAddress);
        var withheld = await client.SubmitAsync();
        await AssertAbsentAsync(client, withheld, ImageAbsence.Filtered);
        var kept = await client.SubmitAsync();
        await client.EventsAsync(kept.Id);
        await mesh.Gateway.Services.GetRequiredService<IBlobStore>().DeleteAsync(BlobKeys.All(kept.Id), Token);
        await AssertAbsentAsync(client, kept, ImageAbsence.Gone);
    }

    [Fact]
    public async Task A_picture_that_is_withheld_from_Generate_is_told_of()
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IGuardrails>(new WithheldPictures()));
        using var client = new DurableClient(mesh.Gateway.GrpcAddress);
        using var call = client.Generate(DurableClient.Request.Request);
        var events = await call.ResponseStream.ReadAllAsync(Token).ToListAsync(Token);
        var image = Assert.Single(events, one => one.Image is not null).Image;
        Assert.Equal((ImageAbsence.Filtered, 9ul, 0ul, 0), (image.Absence, image.Seed, image.ByteLength, image.Data.Length));
        Assert.Equal(1, events[^1].Done.Pictures);
    }

    [Fact]
    public async Task A_job_that_is_forgotten_is_not_found()
    {
        var time = new ShiftedTime();
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<TimeProvider>(time));
        using var client = new DurableClient(mesh.Gateway.GrpcAddress);
        var job = await client.SubmitAsync();
        await client.EventsAsync(job.Id);
        time.Shift = TimeSpan.FromHours(25);
        await mesh.Gateway.Services.GetRequiredService<IJobStore>().ForgetAsync([job.Id], Token);
        foreach (var after in new long[] { 0, 3 })
        {
            await DurableClient.RefusedAsync(() => client.EventsAsync(job.Id, after), StatusCode.NotFound, FaultReasons.NotFound);
        }
    }

    private static async Task AssertAbsentAsync(DurableClient client, GenerationJob job, ImageAbsence absence)
    {
        var events = await client.EventsAsync(job.Id);
        var image = Assert.Single(events, one => one.Image is not null).Image;
        Assert.Equal((absence, 9ul, 512, 0ul, 0), (image.Absence, image.Seed, image.Width, image.ByteLength, image.Data.Length));
        Assert.Equal(GenerationJobState.Succeeded, events[^1].Ended.State);
    }
}
