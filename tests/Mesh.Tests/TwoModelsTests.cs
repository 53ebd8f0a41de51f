using System.Net.Http.Json;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using QwenMesh.Protocol.V1;
using QwenMesh.Testing;

namespace QwenMesh.Mesh.Tests;

/// <summary>Two checkpoints behind one Gateway, each with processes of its own.</summary>
public sealed class TwoModelsTests
{
    private const string Other = "tiny-qwen-image";
    private const string Prompt = "a red circle on a blue background";

    [Fact]
    public async Task A_request_is_drawn_by_the_model_that_it_names()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var tiny = GoldenFolder.Model(Other);
        await using var encoder = ServiceProcess.StartStage("Encoder", Repository.NanoModel);
        await using var denoiser = ServiceProcess.StartStage("Denoiser", Repository.NanoModel);
        await using var vae = ServiceProcess.StartStage("Vae", Repository.NanoModel);
        await using var tinyEncoder = ServiceProcess.StartStage("Encoder", tiny);
        await using var tinyDenoiser = ServiceProcess.StartStage("Denoiser", tiny);
        await using var tinyVae = ServiceProcess.StartStage("Vae", tiny);
        foreach (var stage in new[] { tinyEncoder, tinyDenoiser, tinyVae })
        {
            await stage.ReadyAsync("/health/ready", cancellation);
        }
        await using var gateway = ServiceProcess.StartGateway([encoder], [denoiser], [vae], new Dictionary<string, string>
        {
            ["Stages__Models__tiny__Encoder__Addresses__0"] = tinyEncoder.GrpcAddress,
            ["Stages__Models__tiny__Denoiser__Addresses__0"] = tinyDenoiser.GrpcAddress,
            ["Stages__Models__tiny__Vae__Addresses__0"] = tinyVae.GrpcAddress,
        });
        await gateway.ReadyAsync("/v1/health/ready", cancellation);
        using var channel = GrpcChannel.ForAddress(gateway.GrpcAddress);
        var models = await ModelsAsync(channel, cancellation);

        Assert.Equal(["qwen-image-nano", Other], models.Select(model => model.Names[0]));
        Assert.Equal([64, 16], models.Select(model => model.SizeMultiple));
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{gateway.HttpPort}"), Timeout = TimeSpan.FromMinutes(3) };
        foreach (var (name, folder) in new[] { ("qwen-image-nano", Repository.NanoModel), (Other, tiny), ("tiny", tiny) })
        {
            var whole = OneProcessPipeline.Png(new(folder, Prompt, " ", 256, 256, 3, 4, 5), cancellation);
            var split = await DrawAsync(http, name, cancellation);
            Assert.True(whole.AsSpan().SequenceEqual(split), $"'{name}' is not drawn by {folder}");
        }
        Assert.Equal(64, await WidthAsync(channel, new Metadata { { "x-qwenmesh-model", "tiny" } }));
        Assert.NotEqual(64, await WidthAsync(channel, headers: null));
    }

    /// <summary>Waits until the second model's stages have been asked, too.</summary>
    private static async Task<IReadOnlyList<ModelDescription>> ModelsAsync(GrpcChannel channel, CancellationToken cancellation)
    {
        var client = new ImageGeneration.ImageGenerationClient(channel);
        IReadOnlyList<ModelDescription> models = [];
        await Eventually.TrueAsync(
            async () => (models = (await client.GetModelsAsync(new GetModelsRequest(), deadline: DateTime.UtcNow.AddSeconds(60), cancellationToken: cancellation)).Models).Count == 2,
            "the second model is served");
        return models;
    }

    private static async Task<byte[]> DrawAsync(HttpClient http, string model, CancellationToken cancellation)
    {
        var request = new
        {
            model,
            prompt = Prompt,
            negative_prompt = " ",
            size = "256x256",
            seed = 5,
            num_inference_steps = 3,
            true_cfg_scale = 4,
            output_format = "png",
        };
        using var response = await http.PostAsJsonAsync("/v1/images/generations", request, cancellation);
        var body = await response.Content.ReadAsStringAsync(cancellation);
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {body}");
        using var json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("data")[0].GetProperty("b64_json").GetBytesFromBase64();
    }

    /// <summary>Of the embeddings that the Encoder behind the ingress gives.</summary>
    private static async Task<long> WidthAsync(GrpcChannel channel, Metadata? headers)
    {
        using var embeds = await StageCalls.EncodeAsync(channel, [Prompt], headers);
        return embeds.Demand("prompt_embeds").Shape[1];
    }
}
