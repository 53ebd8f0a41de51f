using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Grpc.Core;
using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Orchestration;

/// <summary>The orchestrator against real gRPC servers: relays, deadlines, cancellation, lost replicas.</summary>
public sealed class OrchestratorTests
{
    private const string Request = """{"prompt":"x","seed":9,"width":512,"height":512,"output_format":"png"}""";

    [Fact]
    public async Task Both_prompts_are_encoded_in_one_call()
    {
        await using var mesh = await FakeMesh.StartAsync();
        using var response = await mesh.Gateway.PostAsync("/v1/infer", """{"prompt":"good","negative_prompt":"bad","width":512,"height":512}""");
        await Artifact.ReadAsync(response);
        var asked = Assert.Single(mesh.Encoder.Service.Requests);
        Assert.Equal(["good", "bad"], asked.Prompts);
        Assert.Equal([StageFeatures.Prompts], asked.RequiredFeatures);
        var (_, tensors) = Assert.Single(mesh.Denoiser.Service.Requests);
        Assert.Equal(FakeEncoder.Embedding("good"), tensors["prompt_embeds"]);
        Assert.Equal(FakeEncoder.Embedding("bad"), tensors["negative_prompt_embeds"]);
    }

    [Fact]
    public async Task The_deadline_of_the_edge_reaches_every_stage()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:GenerationTimeoutSeconds"] = "77" });
        var before = DateTime.UtcNow;
        using var response = await mesh.Gateway.PostAsync("/v1/infer", Request);
        await Artifact.ReadAsync(response);
        var after = DateTime.UtcNow;

        var deadlines = mesh.Encoder.Service.Calls.Deadlines.Concat(mesh.Denoiser.Service.Calls.Deadlines).Concat(mesh.Vae.Service.Calls.Deadlines).ToArray();
        Assert.Equal(3, deadlines.Length);
        // One deadline for all, give or take what the hops take.
        Assert.All(deadlines, deadline => Assert.InRange(deadline, before.AddSeconds(76), after.AddSeconds(78)));
    }

    [Fact]
    public async Task A_stage_that_takes_too_long_is_ended_and_named()
    {
        // The first stage, since none before it can be the slow one; and on a busy machine its report may come late.
        var settings = new Dictionary<string, string?> { ["Gateway:GenerationTimeoutSeconds"] = "10", ["Gateway:DeadlineGraceSeconds"] = "60" };
        await using var mesh = await FakeMesh.StartAsync(settings: settings);
        mesh.Encoder.Service.Calls.Hold = new TaskCompletionSource().Task;
        using var response = await mesh.Gateway.PostAsync("/v1/infer", Request);
        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Equal(
            """{"detail":"encoder: did not finish before the deadline"}""",
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        await mesh.Encoder.Service.Calls.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("encoder")]
    [InlineData("denoiser")]
    [InlineData("vae")]
    public async Task A_client_that_goes_away_stops_the_running_stage(string stage)
    {
        await using var mesh = await FakeMesh.StartAsync();
        var calls = stage switch
        {
            "encoder" => mesh.Encoder.Service.Calls,
            "denoiser" => mesh.Denoiser.Service.Calls,
            _ => mesh.Vae.Service.Calls,
        };
        calls.Hold = new TaskCompletionSource().Task;
        using var client = new CancellationTokenSource();
        var answer = mesh.Gateway.PostAsync("/v1/infer", Request, client.Token);
        await calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await client.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        await calls.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_picture_that_fails_stops_the_others()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var denoiser = mesh.Denoiser.Service;
        denoiser.Calls.Hold = new TaskCompletionSource().Task;
        (denoiser.FailsOfSeed, denoiser.FailWhen) = (10, denoiser.Calls.Reached.Task);
        using var response = await mesh.Gateway.PostAsync("/v1/images/generations", """{"prompt":"x","n":2,"seed":9,"size":"512x512"}""");
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Contains("denoiser: cannot draw this", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await denoiser.Calls.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Equal(0, mesh.Vae.Service.Calls.Count);
    }

    [Fact]
    public async Task Concurrent_requests_are_spread_over_two_denoisers()
    {
        await using var mesh = await FakeMesh.StartAsync(denoisers: 2);
        var hold = new TaskCompletionSource();
        foreach (var denoiser in mesh.Denoisers)
        {
            denoiser.Service.Calls.Hold = hold.Task;
        }
        var answers = Enumerable.Range(0, 6).Select(_ => mesh.Gateway.PostAsync("/v1/infer", Request)).ToArray();
        await Eventually.TrueAsync(() => mesh.Denoisers.Sum(denoiser => denoiser.Service.Calls.Running) == 6, "six calls are running");
        Assert.All(mesh.Denoisers, denoiser => Assert.Equal(3, denoiser.Service.Calls.Running));
        hold.SetResult();
        foreach (var answer in answers)
        {
            using var response = await answer;
            await Artifact.ReadAsync(response);
        }
    }

    [Fact]
    public async Task A_denoiser_that_is_killed_under_its_calls_loses_no_request()
    {
        await using var mesh = await FakeMesh.StartAsync(denoisers: 2);
        using var reference = await mesh.Gateway.PostAsync("/v1/infer", Request);
        var expected = await Artifact.ReadAsync(reference);
        var hold = new TaskCompletionSource();
        foreach (var denoiser in mesh.Denoisers)
        {
            denoiser.Service.Calls.Hold = hold.Task;
            denoiser.Service.HoldHalfway = true;
        }
        var answers = Enumerable.Range(0, 6).Select(_ => mesh.Gateway.PostAsync("/v1/infer", Request)).ToArray();
        await Eventually.TrueAsync(() => mesh.Denoisers.Sum(denoiser => denoiser.Service.Calls.Running) == 6, "six calls are running");
        var encoded = mesh.Encoder.Service.Calls.Count;

        var killing = mesh.Denoisers[0].KillAsync();
        await Eventually.TrueAsync(() => mesh.Denoisers[1].Service.Calls.Running == 6, "the other one has all six");
        hold.SetResult();
        await killing;
        foreach (var answer in answers)
        {
            using var response = await answer;
            Assert.Equal(expected.File, (await Artifact.ReadAsync(response)).File);
        }
        Assert.Equal(encoded, mesh.Encoder.Service.Calls.Count); // What was finished was not done again.

        for (var i = 0; i < 4; i++)
        {
            using var response = await mesh.Gateway.PostAsync("/v1/infer", Request);
            await Artifact.ReadAsync(response);
        }
    }

    [Fact]
    public async Task A_vae_that_goes_away_costs_no_second_denoising()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Vae.Service.Calls.FailNext(StageFaults.NotReady("vae", "shutting down"));
        using var response = await mesh.Gateway.PostAsync("/v1/infer", Request);
        await Artifact.ReadAsync(response);
        Assert.Equal(1, mesh.Denoiser.Service.Calls.Count);
        Assert.Equal(2, mesh.Vae.Service.Calls.Count);
    }

    [Fact]
    public async Task A_call_is_opened_when_its_input_is_complete()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var hold = new TaskCompletionSource();
        mesh.Denoiser.Service.HoldHalfway = true;
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        var answer = mesh.Gateway.PostAsync("/v1/infer", Request);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Equal((0, 0), (mesh.Encoder.Service.Calls.Running, mesh.Vae.Service.Calls.Count));
        hold.SetResult();
        using var response = await answer;
        await Artifact.ReadAsync(response);
        Assert.Equal(1, mesh.Vae.Service.Calls.Count);
    }

    [Fact]
    public async Task A_vae_that_fails_is_not_asked_again()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Vae.Service.Calls.FailNext(StageFaults.Internal("vae", "broken"));
        using var response = await mesh.Gateway.PostAsync("/v1/infer", Request);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal((1, 1), (mesh.Denoiser.Service.Calls.Count, mesh.Vae.Service.Calls.Count));
    }

    [Fact]
    public async Task The_only_replica_is_tried_again_after_a_restart()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Denoiser.Service.Calls.FailNext(StageFaults.NotReady("denoiser", "loading"));
        mesh.Denoiser.Service.Calls.FailNext(new RpcException(new Status(StatusCode.Unavailable, "gone")));
        using var response = await mesh.Gateway.PostAsync("/v1/infer", Request);
        await Artifact.ReadAsync(response);
        Assert.Equal(3, mesh.Denoiser.Service.Calls.Count);
    }

    [Fact]
    public async Task The_only_replica_is_killed_and_back_after_seconds_and_no_request_is_lost()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Stages:HealthIntervalSeconds"] = "1" });
        mesh.Denoiser.Service.Calls.Hold = new TaskCompletionSource().Task;
        var answers = Enumerable.Range(0, 8).Select(_ => mesh.Gateway.PostAsync("/v1/infer", Request)).ToArray();
        await Eventually.TrueAsync(() => mesh.Denoiser.Service.Calls.Running == 8, "eight calls are running");
        await mesh.Denoiser.KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        await using var back = await FakeStage<FakeDenoiser>.StartAsync(new FakeDenoiser(), at: mesh.Denoiser.EndPoint);
        foreach (var answer in answers)
        {
            using var response = await answer;
            await Artifact.ReadAsync(response);
        }
        Assert.Equal(8, back.Service.Calls.Count);
    }

    [Fact]
    public async Task A_stage_that_stays_away_ends_in_503_and_Retry_After()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:RetrySeconds"] = "0.6" });
        mesh.Vae.Service.Calls.AlwaysFail = StageFaults.NotReady("vae", "loading");
        using var response = await mesh.Gateway.PostAsync("/v1/infer", Request);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.InRange(mesh.Vae.Service.Calls.Count, 2, 4);
        Assert.Equal(1, mesh.Denoiser.Service.Calls.Count);
    }

    [Fact]
    public async Task A_full_replica_is_left_for_another_one()
    {
        await using var mesh = await FakeMesh.StartAsync(denoisers: 2);
        mesh.Denoisers[0].Service.Calls.AlwaysFail = StageFaults.Overloaded("denoiser", "full");
        for (var i = 0; i < 4; i++)
        {
            using var response = await mesh.Gateway.PostAsync("/v1/infer", Request);
            await Artifact.ReadAsync(response);
        }
        Assert.NotEqual(0, mesh.Denoisers[0].Service.Calls.Count);

        mesh.Denoisers[1].Service.Calls.AlwaysFail = StageFaults.Overloaded("denoiser", "full");
        using var refused = await mesh.Gateway.PostAsync("/v1/infer", Request);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
    }

    [Fact]
    public async Task One_trace_covers_the_request_and_every_stage()
    {
        const string Trace = "0af7651916cd43dd8448eb211c80319c";
        var spans = new ConcurrentQueue<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is GatewayInstrumentation.Name or "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (activity.TraceId.ToHexString() == Trace && activity.Source.Name == GatewayInstrumentation.Name)
                {
                    spans.Enqueue(activity.OperationName);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var mesh = await FakeMesh.StartAsync();
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/infer") { Content = new StringContent(Request) };
        message.Headers.Add("traceparent", $"00-{Trace}-b7ad6b7169203331-01");
        using var response = await mesh.Gateway.Http.SendAsync(message, TestContext.Current.CancellationToken);
        await Artifact.ReadAsync(response);

        Assert.Equal(Trace, Assert.Single(response.Headers.GetValues("x-request-id")));
        // The job ends a moment after its caller has been answered.
        await Eventually.TrueAsync(() => spans.Contains("job"), "the job's span has ended");
        Assert.Equal(["decode", "denoise", "encode", "image", "job", "queue"], spans.Where(span => span != "store").Order());
        Assert.Contains("store", spans);
        var parents = new[] { mesh.Encoder.Service.Calls, mesh.Denoiser.Service.Calls, mesh.Vae.Service.Calls }
            .SelectMany(calls => calls.Headers).Select(headers => headers.GetValue("traceparent")).ToArray();
        Assert.Equal(3, parents.Length);
        Assert.All(parents, parent => Assert.StartsWith($"00-{Trace}-", parent, StringComparison.Ordinal));
        Assert.Equal(3, parents.Distinct().Count());
    }
}
