using System.Net;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.OpenAi;

/// <summary>A default model that only draws, and a second one that edits.</summary>
public sealed class EditModelTests
{
    private static readonly byte[] Picture = EditFiles.Png(10, 64, 64);

    [Fact]
    public async Task A_request_without_a_model_goes_to_the_one_that_does_it()
    {
        await using var editor = await FakeStage<FakeDenoiser>.StartAsync(new FakeDenoiser());
        await using var mesh = await FakeMesh.StartAsync(
            settings: new Dictionary<string, string?> { ["Stages:Models:editor:Denoiser:Addresses:0"] = editor.Address },
            models: (_, denoiser, _) => (denoiser.Model.ModelId, denoiser.Model.PipelineClass, denoiser.Model.Fingerprint) = ("Qwen-Image-2512", "QwenImagePipeline", "draws"));
        await Eventually.TrueAsync(() => mesh.Gateway.Services.GetRequiredService<ModelDirectory>().All.Count == 2, "both models are served");

        using var edited = await Forms.PostAsync(mesh.Gateway, "/v1/images/edits", ("image", Picture), ("prompt", "x"), ("size", "512x512"));
        Assert.Equal(HttpStatusCode.OK, edited.StatusCode);
        using var inferred = await mesh.Gateway.PostAsync("/v1/infer", $$"""{"prompt":"x","width":512,"height":512,"image":"{{Convert.ToBase64String(Picture)}}"}""");
        Assert.Equal(HttpStatusCode.OK, inferred.StatusCode);
        Assert.Equal((0, 2), (mesh.Denoiser.Service.Calls.Count, editor.Service.Calls.Count));

        using var drawn = await mesh.Gateway.PostAsync("/v1/infer", """{"prompt":"x","width":512,"height":512}""");
        Assert.Equal(HttpStatusCode.OK, drawn.StatusCode);
        Assert.Equal((1, 2), (mesh.Denoiser.Service.Calls.Count, editor.Service.Calls.Count));

        using var asked = await Forms.PostAsync(mesh.Gateway, "/v1/images/edits", ("image", Picture), ("prompt", "x"), ("model", "qwen-image-2512"));
        Assert.Equal(HttpStatusCode.BadRequest, asked.StatusCode);
    }
}
