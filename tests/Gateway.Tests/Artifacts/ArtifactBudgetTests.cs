using System.Net;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Artifacts;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Artifacts;

/// <summary>What generations leave in the store, and what happens when it is full.</summary>
public sealed class ArtifactBudgetTests
{
    // Five latents of 173 kB; with a sixth they are more than 1 MiB.
    private const string Five = """{"prompt":"x","n":5,"seed":1,"size":"1664x1664","output_format":"jpeg"}""";
    private const string One = """{"prompt":"x","seed":1,"size":"1664x1664","output_format":"jpeg"}""";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_the_budget_of_all_generations_is_used_up_files_are_written_or_requests_refused(bool withFolder)
    {
        using var folder = new TemporaryFolder();
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?>
        {
            ["Gateway:ArtifactBytes"] = $"{1 << 20}",
            ["Gateway:ArtifactFolder"] = withFolder ? folder.Path : "",
        });
        var hold = new TaskCompletionSource();
        mesh.Vae.Service.Calls.Hold = hold.Task;
        var five = mesh.Gateway.PostAsync("/v1/images/generations", Five);
        await Eventually.TrueAsync(() => mesh.Vae.Service.Calls.Held == 5, "five pictures are being decoded");
        var one = mesh.Gateway.PostAsync("/v1/images/generations", One);
        if (withFolder)
        {
            await Eventually.TrueAsync(() => mesh.Vae.Service.Calls.Held == 6, "the sixth is, too");
            Assert.NotEmpty(Directory.GetFiles(folder.Path));
            hold.SetResult();
            using var drawn = await one;
            Assert.Equal(HttpStatusCode.OK, drawn.StatusCode);
        }
        else
        {
            using var refused = await one;
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.NotNull(refused.Headers.RetryAfter);
            hold.SetResult();
        }
        using var response = await five;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal((0, 0), Held(mesh));
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task Calls_that_fail_give_their_bytes_back()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Denoiser.Service.FailsOfSeed = 11;
        using (var failed = await mesh.Gateway.PostAsync("/v1/images/generations", """{"prompt":"x","n":3,"seed":9,"size":"512x512"}"""))
        {
            Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);
        }
        Assert.Equal((0, 0), Held(mesh));

        mesh.Encoder.Service.LosesLastPrompt = true;
        using (var failed = await mesh.Gateway.PostAsync("/v1/infer", """{"prompt":"x","width":512,"height":512}"""))
        {
            Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);
            Assert.Contains(
                "no tensor 'prompt_embeds' 1", await failed.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
        Assert.Equal((0, 0), Held(mesh));
    }

    [Fact]
    public async Task A_client_that_goes_away_leaves_nothing()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Vae.Service.Calls.Hold = new TaskCompletionSource().Task;
        using var client = new CancellationTokenSource();
        var answer = mesh.Gateway.PostAsync("/v1/infer", """{"prompt":"x","width":512,"height":512}""", client.Token);
        await Eventually.TrueAsync(() => mesh.Vae.Service.Calls.Held == 1, "the picture is being decoded");
        Assert.NotEqual((0, 0), Held(mesh));
        await client.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        await Eventually.TrueAsync(() => Held(mesh) == (0, 0), "the tensors are gone");
    }

    private static (long Bytes, int Count) Held(FakeMesh mesh)
    {
        var store = mesh.Gateway.Services.GetRequiredService<ArtifactStore>();
        return (store.Bytes, store.Count);
    }
}
