using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Jobs.Tests;

/// <summary>Callers who wait at one Gateway, for jobs that another one runs.</summary>
[Collection(nameof(Gateways))] // One at a time: each has several Gateways.
public sealed class SynchronousCallTests
{
    // Of jobs that are held, and of those that are not.
    private const int Filling = 7, Held = 5, Free = 2;
    private const string Key = "one-picture";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private static readonly Dictionary<string, string> OneAtATime = new() { ["Gateway__MaxConcurrentGenerations"] = "1" };
    private static readonly Dictionary<string, string> Many = [];

    // Longer than a busy machine makes anybody stand still: who runs which job is not to change without a death.
    private static readonly Dictionary<string, string> Patient = new() { ["Jobs__LeaseSeconds"] = "60" };
    private static readonly Dictionary<string, string> LessPatient = new() { ["Jobs__LeaseSeconds"] = "12" };

    [Fact]
    public async Task A_call_at_a_full_gateway_is_answered_by_another_ones_work()
    {
        using var limit = Bound();
        await using var cluster = await Cluster.StartAsync(Patient, limit.Token);
        await using var full = await FullAsync(cluster, limit.Token);
        await using var other = await cluster.StartGatewaysAsync(1, Many, limit.Token);
        using var channel = GrpcChannel.ForAddress(full.Grpc(0)!);

        using var call = new ImageGeneration.ImageGenerationClient(channel).Generate(Request(Free), cancellationToken: limit.Token);
        var events = await call.ResponseStream.ReadAllAsync(limit.Token).ToListAsync(limit.Token);

        Assert.Single(events, happened => happened.Accepted is not null);
        Assert.Equal([1, 2], events.Where(happened => happened.Progress is { Total: Free }).Select(happened => happened.Progress.Step));
        Assert.Equal(1, events[^1].Done.Pictures);
        var file = events.Where(happened => happened.Image is not null).SelectMany(happened => happened.Image.Data).ToArray();
        Assert.Equal([0xFF, 0xD8, 0xFF, 0xD9], [.. file[..2], .. file[^2..]]);
        // The first one's only place was taken all the time.
        var jobs = await new StoredJobs(cluster.Database).ReadAsync(limit.Token);
        Assert.Equal([StoredJob.Running, StoredJob.Succeeded], jobs.Select(job => job.State).Order());
    }

    [Fact]
    public async Task A_job_outlives_the_gateway_that_ran_it_for_a_waiting_caller()
    {
        using var limit = Bound();
        await using var cluster = await Cluster.StartAsync(LessPatient, limit.Token);
        await using var first = await cluster.StartGatewaysAsync(1, Many, limit.Token);
        cluster.Stages.Held.Hold(Held);
        using var http = new HttpClient { Timeout = Limit };
        var call = PostAsync(http, first.Http(0)!, "/fal-ai/qwen-image", Held, Key, limit.Token);
        await cluster.Stages.Held.ArrivedAsync(Held, 1, limit.Token);
        await using var other = await cluster.StartGatewaysAsync(1, Many, limit.Token);

        await first.KillAsync(0);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => call);
        await cluster.Stages.Held.ArrivedAsync(Held, 1, limit.Token);
        cluster.Stages.Held.Release(Held);

        await FetchAsync(http, other.Http(0)!, cluster, attempts: 2, limit.Token);
    }

    [Fact]
    public async Task A_job_outlives_the_gateway_where_its_caller_waits()
    {
        using var limit = Bound();
        await using var cluster = await Cluster.StartAsync(Patient, limit.Token);
        await using var full = await FullAsync(cluster, limit.Token);
        await using var other = await cluster.StartGatewaysAsync(1, OneAtATime, limit.Token);
        cluster.Stages.Held.Hold(Held);
        using var http = new HttpClient { Timeout = Limit };
        var call = PostAsync(http, full.Http(0)!, "/fal-ai/qwen-image", Held, Key, limit.Token);
        await cluster.Stages.Held.ArrivedAsync(Held, 1, limit.Token);

        await full.KillAsync(0);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => call);
        cluster.Stages.Held.Release(Held);

        await FetchAsync(http, other.Http(0)!, cluster, attempts: 1, limit.Token);
    }

    private static CancellationTokenSource Bound()
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        return limit;
    }

    // A Gateway that runs one job at a time, and has one that does not end.
    private static async Task<Gateways> FullAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        cluster.Stages.Held.Hold(Filling);
        var full = await cluster.StartGatewaysAsync(1, OneAtATime, cancellationToken);
        using var http = new HttpClient();
        await PostAsync(http, full.Http(0)!, "/queue/fal-ai/qwen-image", Filling, key: null, cancellationToken);
        await cluster.Stages.Held.ArrivedAsync(Filling, 1, cancellationToken);
        return full;
    }

    // The caller asks again with its key, gets its picture, and there is no second job.
    private static async Task FetchAsync(HttpClient http, Uri gateway, Cluster cluster, int attempts, CancellationToken cancellationToken)
    {
        using var answer = JsonDocument.Parse(await PostAsync(http, gateway, "/fal-ai/qwen-image", Held, Key, cancellationToken));
        var address = answer.RootElement.GetProperty("images")[0].GetProperty("url").GetString()!;
        var file = await http.GetByteArrayAsync(new Uri(address), cancellationToken);
        var job = Assert.Single(await new StoredJobs(cluster.Database).ReadAsync(cancellationToken), job => Steps(job).Contains(Held));
        var (key, bytes) = JobChecks.Check(job);
        Assert.Contains(key, address, StringComparison.Ordinal);
        JobChecks.Check(key, bytes, file);
        Assert.Equal(attempts, job.Of("started").Count());
    }

    private static IEnumerable<int> Steps(StoredJob job) => job.Of("accepted").Select(accepted => accepted.GetProperty("steps").GetInt32());

    private static GenerateRequest Request(int steps) => new()
    {
        Task = GenerationTask.TextToImage,
        Prompt = "a red circle",
        Width = 256,
        Height = 256,
        Steps = steps,
        Format = ImageFormat.Jpeg,
    };

    private static async Task<string> PostAsync(HttpClient http, Uri gateway, string path, int steps, string? key, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway, path))
        {
            Content = new StringContent(
                JsonSerializer.Serialize(new { prompt = "a red circle", image_size = new { width = 256, height = 256 }, num_inference_steps = steps, output_format = "jpeg" }),
                Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json")),
        };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }
        using var response = await http.SendAsync(request, cancellationToken);
        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{(int)response.StatusCode}: {body}");
        return body;
    }
}
