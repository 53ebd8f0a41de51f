using System.Net;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol.V1;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Profiles;

/// <summary>A second model beside the default, under the name "second" and with a checkpoint called Qwen/Qwen-Image-2512.</summary>
public sealed class SeveralModelsTests
{
    private const string Checkpoint = "Qwen/Qwen-Image-2512";
    private const string Request = """{"prompt":"x","width":512,"height":512}""";

    [Theory]
    [InlineData("/v1/infer", Request, false)]
    [InlineData("/v1/genai/qwen/qwen-image", Request, false)]
    [InlineData("/v1/genai/qwen/qwen-image-2512", Request, true)]
    [InlineData("/v1/images/generations", """{"prompt":"x"}""", false)]
    [InlineData("/v1/images/generations", """{"prompt":"x","model":""}""", false)]
    [InlineData("/v1/images/generations", """{"prompt":"x","model":"qwen-image-nano"}""", false)]
    [InlineData("/v1/images/generations", """{"prompt":"x","model":"second"}""", true)]
    [InlineData("/v1/images/generations", """{"prompt":"x","model":"Qwen-Image-2512"}""", true)]
    public async Task The_model_is_chosen_by_the_request_and_Encoder_and_Vae_are_shared(string path, string body, bool second)
    {
        await using var other = await SecondDenoiserAsync();
        await using var mesh = await StartAsync(other);
        using var response = await mesh.Gateway.PostAsync(path, body);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(second ? (0, 1) : (1, 0), (mesh.Denoiser.Service.Calls.Count, other.Service.Calls.Count));
        Assert.Equal((1, 1), (mesh.Encoder.Service.Calls.Count, mesh.Vae.Service.Calls.Count));
    }

    [Fact]
    public async Task All_are_listed_and_an_unknown_one_is_told_their_names()
    {
        await using var other = await SecondDenoiserAsync();
        await using var mesh = await StartAsync(other);
        var list = await mesh.Gateway.Http.GetStringAsync(new Uri("/v1/models", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(
            ["qwen/qwen-image", "qwen/qwen-image-edit", "qwen/qwen-image-nano", "second"],
            JsonDocument.Parse(list).RootElement.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()));
        foreach (var (path, body) in new[] { ("/v1/genai/acme/other", Request), ("/v1/images/generations", """{"prompt":"x","model":"other"}""") })
        {
            using var unknown = await mesh.Gateway.PostAsync(path, body);
            Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
            Assert.Contains(
                "served are qwen/qwen-image, qwen/qwen-image-edit, qwen/qwen-image-nano, second",
                await unknown.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_ingress_routes_by_header()
    {
        await using var other = await SecondDenoiserAsync();
        await using var mesh = await StartAsync(other);
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        foreach (var (headers, expected) in new[] { (new Metadata(), (1, 0)), (new Metadata { { "x-qwenmesh-model", "second" } }, (1, 1)) })
        {
            using var denoise = new DenoiserStage.DenoiserStageClient(channel).Denoise(headers, DateTime.UtcNow.AddSeconds(60));
            await denoise.RequestStream.CompleteAsync();
            await Assert.ThrowsAsync<RpcException>(() => denoise.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            Assert.Equal(expected, (mesh.Denoiser.Service.Calls.Count, other.Service.Calls.Count));
            // The one Vae, for both.
            using var decode = new VaeStage.VaeStageClient(channel).Decode(headers, DateTime.UtcNow.AddSeconds(60));
            await decode.RequestStream.CompleteAsync();
            await Assert.ThrowsAsync<RpcException>(() => decode.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        }
        Assert.Equal(2, mesh.Vae.Service.Calls.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_empty_pool_of_one_model_does_not_stop_the_other(bool second)
    {
        await using var other = await SecondDenoiserAsync();
        await using var mesh = await StartAsync(other, ("Gateway:EmptyPoolSeconds", "0"));
        (second ? other : mesh.Denoiser).Health.IsServing = false;
        await Eventually.TrueAsync(
            () => mesh.Gateway.Services.GetRequiredService<Yarp.ReverseProxy.IProxyStateLookup>().TryGetCluster(second ? "second/denoiser" : "denoiser", out var cluster)
                && cluster.Destinations.Values.All(replica => replica.Health.Active == Yarp.ReverseProxy.Model.DestinationHealth.Unhealthy), "the pool is known to be empty");
        foreach (var (path, expected) in new[] { ("/v1/infer", second), ("/v1/genai/qwen/qwen-image-2512", !second) })
        {
            using var response = await mesh.Gateway.PostAsync(path, Request);
            Assert.Equal(expected ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable, response.StatusCode);
        }
    }

    [Fact]
    public async Task A_model_that_has_never_answered_is_503_and_the_other_is_served()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Stages:Models:second:Denoiser:Addresses:0"] = "http://127.0.0.1:1" });
        using var missing = await mesh.Gateway.PostAsync("/v1/images/generations", """{"prompt":"x","model":"second"}""");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, missing.StatusCode);
        using var served = await mesh.Gateway.PostAsync("/v1/infer", Request);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
    }

    [Theory]
    [InlineData("encoder", true)]
    [InlineData("another", false)]
    public async Task Pools_of_two_models_are_shared_where_their_weights_are_the_same(string fingerprint, bool shared)
    {
        await using var other = await SecondDenoiserAsync();
        await using var encoder = await FakeStage<FakeEncoder>.StartAsync(new FakeEncoder());
        encoder.Service.Model.Fingerprint = fingerprint;
        await using var mesh = await StartAsync(other, ("Stages:Models:second:Encoder:Addresses:0", encoder.Address));
        for (var i = 0; i < 4; i++)
        {
            await mesh.DrawAsync(new GenerationRequest { Prompt = "x", Seed = 1, Size = new ImageSize(512, 512) });
        }
        Assert.Equal(shared ? (2, 2) : (4, 0), (mesh.Encoder.Service.Calls.Count, encoder.Service.Calls.Count));
        await mesh.DrawAsync(new GenerationRequest { Model = "second", Prompt = "x", Seed = 1, Size = new ImageSize(512, 512) });
        Assert.Equal(1, other.Service.Calls.Count);
    }

    private static Task<FakeStage<FakeDenoiser>> SecondDenoiserAsync()
    {
        var denoiser = new FakeDenoiser();
        (denoiser.Model.ModelId, denoiser.Model.PipelineClass, denoiser.Model.Fingerprint) = (Checkpoint, "QwenImagePipeline", "second");
        return FakeStage<FakeDenoiser>.StartAsync(denoiser);
    }

    private static async Task<FakeMesh> StartAsync(FakeStage<FakeDenoiser> second, params (string Key, string Value)[] settings)
    {
        var all = settings.ToDictionary(setting => setting.Key, setting => (string?)setting.Value);
        all["Stages:Models:second:Denoiser:Addresses:0"] = second.Address;
        var mesh = await FakeMesh.StartAsync(settings: all);
        await Eventually.TrueAsync(() => mesh.Gateway.Services.GetRequiredService<ModelDirectory>().All.Count == 2, "both models are served");
        return mesh;
    }
}
