using System.Net;
using System.Text.Json.Nodes;
using QwenMesh.Gateway.Tests.Access;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;
using QwenMesh.Protocol;
using QwenMesh.Testing;
using ImageFormat = QwenMesh.Imaging.ImageFormat;

namespace QwenMesh.Gateway.Tests.Oxen;

/// <summary>/api/ai/queue and /api/ai/generations.</summary>
public sealed class OxenQueueTests
{
    private const string Small = """{"model":"qwen-image","prompt":"x","size":"512x512"}""";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_generation_goes_through_the_vendors_states_and_repeats_its_parameters()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:MaxConcurrentGenerations"] = "1" });
        var hold = new TaskCompletionSource();
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        var first = Assert.Single(await mesh.Gateway.EnqueueAsync(Small));
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(Bound, TestContext.Current.CancellationToken);
        var id = Assert.Single(await mesh.Gateway.EnqueueAsync($$"""
            {"model":"qwen-image-edit-plus","prompt":"make it \"dusk\"","negative_prompt":"fog","input_image":["{{OxenCalls.Picture()}}"],"aspect_ratio":"1:1","seed":7,
             "num_inference_steps":12,"guidance":2.5,"output_format":"webp","target_namespace":"me"}
            """));

        var queued = await mesh.Gateway.WithStatusAsync(id, "queued");
        Assert.Equal((null, null), ((string?)queued["started_at"], (string?)queued["completed_at"]));
        Assert.Equal("processing", (string?)(await mesh.Gateway.WithStatusAsync(first, "processing"))["status"]);
        Assert.Equal([id, first], Ids(await mesh.Gateway.GetAsync("/api/ai/queue")));
        Assert.Equal([id], Ids(await mesh.Gateway.GetAsync("/api/ai/queue?status=queued&model=qwen-image-edit-plus&namespace=me&media_type=image")));
        Assert.Empty(Ids(await mesh.Gateway.GetAsync("/api/ai/queue?model=qwen-image-edit")));
        Assert.Empty(Ids(await mesh.Gateway.GetAsync("/api/ai/queue?media_type=video")));
        Assert.Empty(Ids(await mesh.Gateway.GetAsync("/api/ai/queue?repo=cats")));
        Assert.Empty(Ids(await mesh.Gateway.GetAsync("/api/ai/queue?namespace=you")));

        hold.SetResult();
        var done = (await mesh.Gateway.WithStatusAsync(id, "succeeded")).AsObject();
        Assert.Equal(
            [
                "generation_id", "model_name", "model", "prompt", "media_type", "status", "result_url", "error_message", "enqueued_at", "started_at", "completed_at",
                "target_namespace", "target_repo", "target_directory", "negative_prompt", "seed", "aspect_ratio", "num_inference_steps", "guidance", "output_format", "input_image",
            ], done.Select(member => member.Key));
        Assert.Equal(("qwen-image-edit-plus", "make it \"dusk\"", "image", "me", 7, "1:1", 12, 2.5, "webp"), ((string?)done["model"], (string?)done["prompt"], (string?)done["media_type"],
            (string?)done["target_namespace"], (int?)done["seed"], (string?)done["aspect_ratio"], (int?)done["num_inference_steps"], (double?)done["guidance"], (string?)done["output_format"]));
        long[] times = [(long)done["enqueued_at"]!, (long)done["started_at"]!, (long)done["completed_at"]!];
        Assert.Equal(times.Order(), times);
        Assert.Equal(new ImageInfo(ImageFormat.WebP, 1024, 1024), await InfoAsync(mesh, (string)done["result_url"]!));
        Assert.Equal(new ImageInfo(ImageFormat.Png, 64, 64), await InfoAsync(mesh, (string)done["input_image"]![0]!));
        await mesh.Gateway.WithStatusAsync(first, "succeeded");
        Assert.Empty(Ids(await mesh.Gateway.GetAsync("/api/ai/queue")));
        Assert.Equal([id, first], Ids(await mesh.Gateway.GetAsync("/api/ai/queue?status=succeeded")));
    }

    [Fact]
    public async Task Several_generations_are_jobs_with_the_next_seeds()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var ids = await mesh.Gateway.EnqueueAsync("""{"model":"qwen-image","prompt":"x","size":"512x512","num_generations":3,"seed":40}""");
        Assert.Equal(3, ids.Distinct().Count());
        foreach (var (index, id) in ids.Index())
        {
            Assert.Equal(40 + index, (int?)(await mesh.Gateway.WithStatusAsync(id, "succeeded"))["seed"]);
        }
        Assert.Equal([40ul, 41ul, 42ul], mesh.Denoiser.Service.Requests.Select(request => request.Parameters.Seed).Order());
    }

    [Fact]
    public async Task A_repeated_submission_with_an_idempotency_key_is_the_same_generations()
    {
        await using var mesh = await FakeMesh.StartAsync();
        async Task<string> SubmitAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/api/ai/queue", UriKind.Relative));
            request.Headers.Add("Idempotency-Key", "k1");
            request.Content = new StringContent("""{"model":"qwen-image","prompt":"x","size":"512x512","num_generations":2}""", System.Text.Encoding.UTF8, "application/json");
            using var response = await mesh.Gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
            var answer = JsonNode.Parse(await response.TextAsync())!;
            return string.Join(' ', Ids(answer));
        }
        var first = await SubmitAsync();
        Assert.Equal(2, first.Split(' ').Distinct().Count());
        Assert.Equal(first, await SubmitAsync());
    }

    [Fact]
    public async Task A_queue_that_fills_up_takes_all_generations_or_none()
    {
        // Room for one picture of 512 x 512 with 50 steps beside the one that is drawn.
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:MaxConcurrentGenerations"] = "1", ["Jobs:MaxQueuedPictures"] = "0.25" });
        var hold = new TaskCompletionSource();
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        await mesh.Gateway.EnqueueAsync(Small);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(Bound, TestContext.Current.CancellationToken);
        var (status, _) = await mesh.Gateway.CallAsync(HttpMethod.Post, "/api/ai/queue", """{"model":"qwen-image","prompt":"x","size":"512x512","num_inference_steps":50,"num_generations":4}""");
        Assert.Equal(HttpStatusCode.TooManyRequests, status);
        Assert.Empty(Ids(await mesh.Gateway.GetAsync("/api/ai/queue?status=queued")));
        hold.SetResult();
    }

    [Fact]
    public async Task What_a_repeated_submission_finds_is_not_cancelled_because_the_rest_finds_no_room()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:MaxConcurrentGenerations"] = "1", ["Jobs:MaxQueuedPictures"] = "0.3" });
        var hold = new TaskCompletionSource();
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        await mesh.Gateway.EnqueueAsync(Small);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(Bound, TestContext.Current.CancellationToken);
        async Task<(HttpStatusCode Status, string[] Ids)> SubmitAsync(int count)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/api/ai/queue", UriKind.Relative));
            request.Headers.Add("Idempotency-Key", "k1");
            request.Content = new StringContent(
                $$"""{"model":"qwen-image","prompt":"x","size":"512x512","num_inference_steps":50,"num_generations":{{count}}}""", System.Text.Encoding.UTF8, "application/json");
            using var response = await mesh.Gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
            var answer = JsonNode.Parse(await response.TextAsync())!;
            return (response.StatusCode, response.IsSuccessStatusCode ? Ids(answer) : []);
        }
        var (accepted, first) = await SubmitAsync(1);
        Assert.Equal(HttpStatusCode.OK, accepted);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await SubmitAsync(2)).Status);
        hold.SetResult();
        await mesh.Gateway.WithStatusAsync(Assert.Single(first), "succeeded");
        var (again, both) = await SubmitAsync(2);
        Assert.Equal((HttpStatusCode.OK, first[0], 2), (again, both[0], both.Distinct().Count()));
        await mesh.Gateway.WithStatusAsync(both[1], "succeeded");
    }

    [Fact]
    public async Task Cancelled_generations_stay_as_cancelled_and_ended_ones_as_they_are()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:MaxConcurrentGenerations"] = "1" });
        var done = Assert.Single(await mesh.Gateway.EnqueueAsync(Small));
        await mesh.Gateway.WithStatusAsync(done, "succeeded");
        mesh.Denoiser.Service.Calls.Hold = new TaskCompletionSource().Task;
        var running = Assert.Single(await mesh.Gateway.EnqueueAsync(Small));
        await mesh.Gateway.WithStatusAsync(running, "processing");
        // Which it is from its first stage on; the one that is to be stopped is the Denoiser's.
        await Eventually.TrueAsync(() => mesh.Denoiser.Service.Calls.Held == 1, "the Denoiser has it");
        var waiting = Assert.Single(await mesh.Gateway.EnqueueAsync(Small));
        foreach (var id in new[] { waiting, running, done, running })
        {
            var (status, answer) = await mesh.Gateway.CallAsync(HttpMethod.Delete, $"/api/ai/queue/{id}");
            Assert.Equal((HttpStatusCode.OK, $$"""{"status":"success","generation_id":"{{id}}"}"""), (status, answer.ToJsonString()));
        }
        Assert.Null((string?)(await mesh.Gateway.WithStatusAsync(waiting, "cancelled"))["error_message"]);
        await mesh.Gateway.WithStatusAsync(running, "cancelled");
        await mesh.Gateway.WithStatusAsync(done, "succeeded");
        await mesh.Denoiser.Service.Calls.Cancelled.Task.WaitAsync(Bound, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_failed_generation_tells_why()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Denoiser.Service.Calls.AlwaysFail = StageFaults.InvalidRequest("denoiser", "cannot draw this");
        var failed = await mesh.Gateway.WithStatusAsync(Assert.Single(await mesh.Gateway.EnqueueAsync(Small)), "failed");
        Assert.Contains("cannot draw this", (string?)failed["error_message"], StringComparison.Ordinal);
        Assert.Null((string?)failed["result_url"]);
    }

    [Fact]
    public async Task The_history_has_pages_and_details()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var ids = await mesh.Gateway.EnqueueAsync("""{"model":"qwen-image","prompt":"x","size":"512x512","num_generations":3}""");
        foreach (var id in ids)
        {
            await mesh.Gateway.WithStatusAsync(id, "succeeded");
        }
        var pages = new List<JsonNode>();
        for (var page = 1; page <= 3; page++)
        {
            pages.Add(await mesh.Gateway.GetAsync($"/api/ai/generations?page={page}&page_size=2"));
        }
        Assert.Equal([(2, 1), (1, 2), (0, 3)], pages.Select(page => ((int)page["count"]!, (int)page["page_number"]!)));
        Assert.All(pages, page => Assert.Equal((2, 2, 3, 0), ((int)page["page_size"]!, (int)page["total_pages"]!, (int)page["total_entries"]!, (int)page["total_cost"]!)));
        Assert.Equal(ids.Order(), pages.SelectMany(Ids).Order());
        Assert.Equal(50, (int?)(await mesh.Gateway.GetAsync("/api/ai/generations"))["page_size"]);

        var detail = await mesh.Gateway.GetAsync($"/api/ai/generations/{ids[0]}");
        Assert.Equal(("success", "resource_found", ids[0]), ((string?)detail["status"], (string?)detail["status_message"], (string?)detail["generation"]!["generation_id"]));
    }

    [Fact]
    public async Task Generations_are_shown_to_their_owner_and_dialect_only()
    {
        var settings = TestKeys.Settings("alice");
        settings["Access:Keys:1:Id"] = "bob";
        settings["Access:Keys:1:Sha256"] = TestKeys.Hash(TestKeys.Of("bob"));
        await using var mesh = await FakeMesh.StartAsync(settings: settings);
        using var enqueued = await mesh.Gateway.SendAsync("alice", HttpMethod.Post, "/api/ai/queue", Small);
        var id = Assert.Single(Ids(JsonNode.Parse(await enqueued.TextAsync())!));
        foreach (var (key, status) in new[] { ("alice", HttpStatusCode.OK), ("bob", HttpStatusCode.NotFound) })
        {
            foreach (var path in new[] { $"/api/ai/queue/{id}", $"/api/ai/generations/{id}" })
            {
                using var answer = await mesh.Gateway.SendAsync(key, HttpMethod.Get, path);
                Assert.Equal(status, answer.StatusCode);
            }
        }
        using var cancelled = await mesh.Gateway.SendAsync("bob", HttpMethod.Delete, $"/api/ai/queue/{id}");
        Assert.Equal(HttpStatusCode.NotFound, cancelled.StatusCode);
        using var history = await mesh.Gateway.SendAsync("bob", HttpMethod.Get, "/api/ai/generations");
        Assert.Empty(Ids(JsonNode.Parse(await history.TextAsync())!));
    }

    [Fact]
    public async Task The_unfilled_template_of_the_vendors_Python_sample_is_the_newest_generation()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var (status, _) = await mesh.Gateway.CallAsync(HttpMethod.Get, "/api/ai/queue/%7Bgeneration_id%7D");
        Assert.Equal(HttpStatusCode.NotFound, status);
        var ids = new[] { await mesh.Gateway.EnqueueAsync(Small), await mesh.Gateway.EnqueueAsync(Small) };
        Assert.Equal(ids[1][0], (string?)(await mesh.Gateway.GetAsync("/api/ai/queue/%7Bgeneration_id%7D"))["generation_id"]);
    }

    private static string[] Ids(JsonNode list) => [.. list["generations"]!.AsArray().Select(generation => (string)generation!["generation_id"]!)];

    private static async Task<ImageInfo> InfoAsync(FakeMesh mesh, string address) =>
        new VipsDecoder().Probe(await mesh.Gateway.Http.GetByteArrayAsync(new Uri(address), TestContext.Current.CancellationToken), new ImageLimits());
}
