using System.Net;
using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Routing;

/// <summary>Denoisers that take calls and never answer, as a stopped process does.</summary>
public sealed class SilentReplicaTests
{
    private const string Request = """{"prompt":"x","width":512,"height":512}""";

    [Fact]
    public async Task The_only_denoiser_is_silent_and_requests_get_503_and_Retry_After()
    {
        await using var mesh = await StartAsync(1, ("Stages:HealthTimeoutSeconds", "2"), ("Gateway:EmptyPoolSeconds", "0"), ("Gateway:RetrySeconds", "1"));
        mesh.Denoiser.Service.Calls.Hold = new TaskCompletionSource().Task;
        var running = mesh.Gateway.PostAsync("/v1/infer", Request);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        mesh.Denoiser.Health.IsSilent = true;

        using (var response = await running)
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        }
        using (var response = await mesh.Gateway.PostAsync("/v1/infer", Request))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.NotNull(response.Headers.RetryAfter);
            Assert.Equal("""{"detail":"denoiser: no replica takes calls"}""", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
        Assert.Equal(1, mesh.Denoiser.Service.Calls.Count);

        mesh.Denoiser.Service.Calls.Hold = Task.CompletedTask;
        mesh.Denoiser.Health.IsSilent = false;
        await mesh.Gateway.ReadyAsync();
        using var after = await mesh.Gateway.PostAsync("/v1/infer", Request);
        await Artifact.ReadAsync(after);
    }

    [Fact]
    public async Task Of_two_denoisers_one_turns_silent_and_its_calls_move()
    {
        await using var mesh = await StartAsync(2, ("Stages:HealthTimeoutSeconds", "2"));
        var release = new TaskCompletionSource();
        mesh.Denoisers[0].Service.Calls.Hold = new TaskCompletionSource().Task;
        mesh.Denoisers[1].Service.Calls.Hold = release.Task;
        var answers = Enumerable.Range(0, 4).Select(_ => mesh.Gateway.PostAsync("/v1/infer", Request)).ToArray();
        await Eventually.TrueAsync(() => mesh.Denoisers.All(denoiser => denoiser.Service.Calls.Running == 2), "each has two calls");
        mesh.Denoisers[0].Health.IsSilent = true;
        await Eventually.TrueAsync(() => mesh.Denoisers[0].Service.Calls.Running == 0, "the silent one's calls are ended");
        await Eventually.TrueAsync(() => mesh.Denoisers[1].Service.Calls.Running == 4, "the other one has all four");
        release.SetResult();
        foreach (var answer in answers)
        {
            using var response = await answer;
            await Artifact.ReadAsync(response);
        }
    }

    [Fact]
    public async Task A_denoiser_that_drains_keeps_its_running_calls()
    {
        await using var mesh = await StartAsync(2);
        var release = new TaskCompletionSource();
        foreach (var denoiser in mesh.Denoisers)
        {
            denoiser.Service.Calls.Hold = release.Task;
        }
        var answers = Enumerable.Range(0, 2).Select(_ => mesh.Gateway.PostAsync("/v1/infer", Request)).ToArray();
        await Eventually.TrueAsync(() => mesh.Denoisers.All(denoiser => denoiser.Service.Calls.Running == 1), "each has a call");
        mesh.Denoisers[0].Health.IsServing = false;
        await Eventually.TrueAsync(() => mesh.Gateway.Replicas(StageNames.Denoiser) == 1, "the first gets no more calls");
        release.SetResult();
        foreach (var answer in answers)
        {
            using var response = await answer;
            await Artifact.ReadAsync(response);
        }
        Assert.All(mesh.Denoisers, denoiser => Assert.Equal(1, denoiser.Service.Calls.Count));
    }

    [Fact]
    public async Task A_denoiser_that_says_it_is_well_and_makes_no_step_loses_its_call()
    {
        await using var mesh = await StartAsync(2, ("Gateway:StallSeconds", "1"));
        mesh.Denoisers[1].Service.Steps = 0; // Until the first step a call may take any time.
        mesh.Denoisers[0].Service.HoldAfterStep = true;
        mesh.Denoisers[0].Service.Calls.Hold = new TaskCompletionSource().Task;
        while (mesh.Denoisers[0].Service.Calls.Count == 0)
        {
            using var response = await mesh.Gateway.PostAsync("/v1/infer", Request);
            await Artifact.ReadAsync(response);
        }
        await mesh.Denoisers[0].Service.Calls.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    private static Task<FakeMesh> StartAsync(int denoisers, params (string Key, string Value)[] settings) =>
        FakeMesh.StartAsync(denoisers, settings: settings.ToDictionary(pair => pair.Key, pair => (string?)pair.Value));
}
