using System.Net;
using System.Text.Json;
using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Nim;

public sealed class NimHealthTests
{
    [Fact]
    public async Task Readiness_follows_the_stages()
    {
        await using var mesh = await FakeMesh.StartAsync(ready: false);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(mesh, "/health/live")).Status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(mesh, "/health/ready")).Status); // The Gateway itself.
        var (status, body) = await GetAsync(mesh, "/v1/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal(
            "Service is not ready: no serving replica of encoder, denoiser, vae.",
            body.RootElement.GetProperty("error").GetProperty("message").GetString());

        mesh.Encoder.Health.IsServing = mesh.Denoiser.Health.IsServing = true;
        await Eventually.TrueAsync(
            async () => (await GetAsync(mesh, "/v1/health/ready")).Body.RootElement.ToString().Contains("no serving replica of vae.", StringComparison.Ordinal),
            "only the vae is missing");
        mesh.Vae.Health.IsServing = true;
        await mesh.Gateway.ReadyAsync();

        mesh.Denoiser.Health.IsServing = false;
        await Eventually.TrueAsync(
            async () => (await GetAsync(mesh, "/v1/health/ready")).Status == HttpStatusCode.ServiceUnavailable, "a stage that drains takes readiness along");
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(mesh, "/health/ready")).Status);
    }

    [Fact]
    public async Task Without_stages_a_request_gets_503_and_Retry_After()
    {
        await using var gateway = await GatewayHost.StartAsync(new Dictionary<string, string?>
        {
            ["Stages:Encoder:Addresses:0"] = "http://127.0.0.1:1",
            ["Stages:Denoiser:Addresses:0"] = "http://127.0.0.1:1",
            ["Stages:Vae:Addresses:0"] = "http://127.0.0.1:1",
        });
        using var response = await gateway.PostAsync("/v1/infer", """{"prompt":"x"}""");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task Stages_that_do_not_fit_together_are_never_ready()
    {
        await using var mesh = await FakeMesh.StartAsync(ready: false, models: (encoder, _, _) => encoder.Model.Encoder.HiddenSize = 64);
        mesh.Encoder.Health.IsServing = mesh.Denoiser.Health.IsServing = mesh.Vae.Health.IsServing = true;
        await ReasonAsync(mesh, "the encoder's embeddings are 64 wide, the denoiser takes 128");
    }

    [Fact]
    public async Task A_pool_whose_replicas_have_different_models_is_not_ready_and_serves_no_request()
    {
        await using var mesh = await FakeMesh.StartAsync(denoisers: 2);
        await ReturnAsync("qwen-image-2512", "other");
        await ReasonAsync(mesh, "replicas of the denoiser have different models: qwen-image-2512, qwen-image-nano");
        using var refused = await mesh.Gateway.PostAsync("/v1/infer", """{"prompt":"x","width":512,"height":512}""");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);

        await ReturnAsync("qwen-image-nano", "other");
        await ReasonAsync(mesh, "replicas of the denoiser have qwen-image-nano with different weights or configurations");

        await ReturnAsync("qwen-image-nano", "denoiser");
        await mesh.Gateway.ReadyAsync();

        // The health checks find it gone, and then back with this checkpoint.
        async Task ReturnAsync(string modelId, string fingerprint)
        {
            mesh.Denoisers[1].Health.IsServing = false;
            await Eventually.TrueAsync(() => mesh.Gateway.Replicas(StageNames.Denoiser) == 1, "the second is gone");
            mesh.Denoisers[1].Service.Model = mesh.Denoisers[1].Service.Model.Clone();
            (mesh.Denoisers[1].Service.Model.ModelId, mesh.Denoisers[1].Service.Model.Fingerprint) = (modelId, fingerprint);
            mesh.Denoisers[1].Health.IsServing = true;
        }
    }

    [Fact]
    public async Task A_configured_profile_for_other_sizes_is_never_ready()
    {
        await using var mesh = await FakeMesh.StartAsync(ready: false, settings: new Dictionary<string, string?> { ["Gateway:Profile"] = "qwen-image" });
        mesh.Encoder.Health.IsServing = mesh.Denoiser.Health.IsServing = mesh.Vae.Health.IsServing = true;
        await ReasonAsync(mesh, "Gateway:Profile 'qwen-image' is for sizes in multiples of 16, the stages generate multiples of 64");
    }

    [Fact]
    public async Task The_introspection_routes_have_the_documented_fields()
    {
        await using var mesh = await FakeMesh.StartAsync();
        Assert.Equal("""{"object":"health.response","message":"Service is ready.","status":"ready"}""", await TextAsync(mesh, "/v1/health/ready"));
        Assert.Equal("""{"object":"health.response","message":"Service is live.","status":"live"}""", await TextAsync(mesh, "/v1/health/live"));

        var metadata = (await GetAsync(mesh, "/v1/metadata")).Body.RootElement;
        Assert.Equal("qwen-image-nano", metadata.GetProperty("selectedModelProfileId").GetString());
        Assert.Equal("qwen-image", metadata.GetProperty("modelInfo")[0].GetProperty("shortName").GetString());
        Assert.Equal("file", metadata.GetProperty("licenseInfo").GetProperty("type").GetString());
        Assert.Equal("", metadata.GetProperty("repository_override").GetString());

        var license = (await GetAsync(mesh, "/v1/license")).Body.RootElement;
        Assert.Contains("Apache License", license.GetProperty("content").GetString(), StringComparison.Ordinal);
        Assert.Equal(license.GetProperty("content").GetString()!.Length, license.GetProperty("size").GetInt32());
        Assert.Equal(40, license.GetProperty("sha").GetString()!.Length);

        var manifest = (await GetAsync(mesh, "/v1/manifest")).Body.RootElement;
        Assert.Contains("1344x768", manifest.GetProperty("manifest_file").GetString(), StringComparison.Ordinal);
        Assert.NotEqual("", (await GetAsync(mesh, "/v1/version")).Body.RootElement.GetProperty("release").GetString());
    }

    private static Task ReasonAsync(FakeMesh mesh, string reason) => Eventually.TrueAsync(async () =>
    {
        var (status, body) = await GetAsync(mesh, "/v1/health/ready");
        return status == HttpStatusCode.ServiceUnavailable
            && body.RootElement.GetProperty("error").GetProperty("message").GetString() == $"Service is not ready: {reason}.";
    }, $"it is told that {reason}");

    private static async Task<(HttpStatusCode Status, JsonDocument Body)> GetAsync(FakeMesh mesh, string path)
    {
        using var response = await mesh.Gateway.Http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (response.StatusCode, text.StartsWith('{') ? JsonDocument.Parse(text) : JsonDocument.Parse("{}"));
    }

    private static async Task<string> TextAsync(FakeMesh mesh, string path) =>
        await mesh.Gateway.Http.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
}
