using System.Net;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Orchestration;

/// <summary>This Gateway against stages that lack what a request needs, as those of an older version do.</summary>
public sealed class RollingUpgradeTests
{
    private static readonly GenerationRequest WithPreviews = new() { Prompt = "p", Seed = 9, Size = new ImageSize(512, 512), PreviewInterval = 5 };

    [Theory]
    [InlineData("/v1/infer", HttpStatusCode.UnprocessableEntity, "{\"detail\":[{\"type\":\"value_error\"")]
    [InlineData("/v1/images/generations", HttpStatusCode.BadRequest, "{\"error\":{\"message\":\"encoder: the encoder does not know the feature 'prompts'\"")]
    public async Task A_stage_that_lacks_a_feature_refuses_before_anything_is_drawn(string path, HttpStatusCode status, string text)
    {
        await using var mesh = await FakeMesh.StartAsync(models: (encoder, _, _) => encoder.Model.Features.Clear());
        using var response = await mesh.Gateway.PostAsync(path, """{"prompt":"p","negative_prompt":"n"}""");
        Assert.Equal(status, response.StatusCode);
        Assert.StartsWith(text, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal((1, 0), (mesh.Encoder.Service.Calls.Count, mesh.Denoiser.Service.Calls.Count));

        using var without = await mesh.Gateway.PostAsync("/v1/infer", """{"prompt":"p","cfg_scale":1,"width":512,"height":512}""");
        Assert.Equal(HttpStatusCode.OK, without.StatusCode);
    }

    [Fact]
    public async Task When_all_replicas_are_old_each_is_asked_once()
    {
        await using var mesh = await FakeMesh.StartAsync(denoisers: 2);
        foreach (var denoiser in mesh.Denoisers)
        {
            denoiser.Service.Model.Features.Clear();
        }
        var refused = await Assert.ThrowsAsync<GenerationException>(() => mesh.DrawAsync(WithPreviews));
        Assert.Equal(new GenerationFault("denoiser", FaultKind.Unsupported, "denoiser: the denoiser does not know the feature 'preview'"), refused.Fault);
        Assert.All(mesh.Denoisers, denoiser => Assert.Equal((1, 0), (denoiser.Service.Calls.Count, denoiser.Service.Requests.Count)));
    }

    [Fact]
    public async Task Of_an_old_and_a_new_replica_the_new_one_draws()
    {
        await using var mesh = await FakeMesh.StartAsync(denoisers: 2, models: (_, old, _) => old.Model.Features.Clear(), settings:
            new Dictionary<string, string?> { ["Gateway:MaxAttempts"] = "1" });
        for (var i = 0; i < 4; i++)
        {
            await mesh.DrawAsync(WithPreviews);
        }
        Assert.Equal((0, 4), (mesh.Denoisers[0].Service.Requests.Count, mesh.Denoisers[1].Service.Requests.Count));
    }
}
