using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Tests.Profiles;

/// <summary>Distilled weights: 4 or 8 steps in every dialect, whatever the vendor's own range is.</summary>
public sealed class LightningTests
{
    [Fact]
    public async Task Every_dialect_takes_4_and_8_steps_and_refuses_20_in_its_own_words()
    {
        await using var mesh = await StartAsync();
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        foreach (var steps in new[] { 4, 8 })
        {
            using var nim = await mesh.Gateway.PostAsync("/v1/infer", $$"""{"prompt":"x","width":512,"height":512,"steps":{{steps}}}""");
            using var openAi = await mesh.Gateway.PostAsync("/v1/images/generations", $$"""{"prompt":"x","size":"512x512","steps":{{steps}}}""");
            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (nim.StatusCode, openAi.StatusCode));
            await GenerateAsync(channel, steps);
            Assert.Equal([steps, steps, steps], mesh.Denoiser.Service.Requests.TakeLast(3).Select(request => request.Parameters.NumInferenceSteps));
        }
        Assert.All(mesh.Denoiser.Service.Requests, request => Assert.Equal(
            (Scheduler.Lightning, 1.0), (request.Parameters.Scheduler, request.Parameters.TrueCfgScale)));

        using (var nim = await mesh.Gateway.PostAsync("/v1/infer", """{"prompt":"x","steps":20}"""))
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, nim.StatusCode);
            Assert.Contains(
                """{"type":"less_than_equal","loc":["body","steps"],"msg":"Input should be less than or equal to 8","input":20,"ctx":{"le":8}}""",
                await nim.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
        using (var openAi = await mesh.Gateway.PostAsync("/v1/images/generations", """{"prompt":"x","steps":20}"""))
        {
            Assert.Equal(HttpStatusCode.BadRequest, openAi.StatusCode);
            Assert.StartsWith(
                """{"error":{"message":"steps must be at most 8","type":"invalid_request_error","param":"steps","code":"invalid_value"}""",
                await openAi.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
        var refused = await Assert.ThrowsAsync<RpcException>(() => GenerateAsync(channel, 20));
        Assert.Equal((StatusCode.InvalidArgument, "steps is 20; at most 8 is allowed"), (refused.StatusCode, refused.Status.Detail));
        Assert.Equal(6, mesh.Denoiser.Service.Calls.Count);
    }

    [Fact]
    public async Task Unasked_it_draws_in_8_steps()
    {
        await using var mesh = await StartAsync();
        using var nim = await mesh.Gateway.PostAsync("/v1/infer", """{"prompt":"x","width":512,"height":512}""");
        Assert.Equal(HttpStatusCode.OK, nim.StatusCode);
        Assert.Equal(8, Assert.Single(mesh.Denoiser.Service.Requests).Parameters.NumInferenceSteps);
    }

    private static Task<FakeMesh> StartAsync() => FakeMesh.StartAsync(models: (_, denoiser, vae) =>
    {
        (denoiser.Model.ModelId, denoiser.Model.PipelineClass, denoiser.Model.Denoiser.MaxImageTokens) = ("qwen-image-lightning", "QwenImagePipeline", 0);
        vae.Model.Vae.ScaleFactor = 8;
    });

    private static async Task GenerateAsync(GrpcChannel channel, int steps)
    {
        var request = new GenerateRequest { Task = GenerationTask.TextToImage, Prompt = "x", Width = 512, Height = 512, Steps = steps };
        using var call = new ImageGeneration.ImageGenerationClient(channel).Generate(request, deadline: DateTime.UtcNow.AddSeconds(60));
        while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
        }
    }
}
