using Grpc.Core;
using Grpc.Net.Client;
using QwenMesh.Imaging;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using WireFormat = QwenMesh.Protocol.V1.ImageFormat;

namespace QwenMesh.Mesh.Tests;

/// <summary>Whole pictures over gRPC, from the real mesh.</summary>
[Collection(MeshCollection.Name)]
public sealed class FrontDoorTests(MeshFixture mesh) : IDisposable
{
    private const int Steps = 6;

    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);

    private static GenerateRequest Request => new()
    {
        Task = GenerationTask.TextToImage,
        Prompt = "a big yellow square on a black background",
        Width = 512,
        Height = 512,
        Steps = Steps,
        Guidance = 4,
        Seed = 31,
        Format = WireFormat.Png,
    };

    [Fact]
    public async Task The_picture_is_that_of_the_http_interface_and_its_events_come_in_order()
    {
        var events = await GenerateAsync(Request);

        Assert.Equal(GenerateEvent.KindOneofCase.Accepted, events[0].KindCase);
        Assert.Equal((512, 512, Steps, 4.0, 31UL, 1), (events[0].Accepted.Width, events[0].Accepted.Height, events[0].Accepted.Steps,
            events[0].Accepted.Guidance, events[0].Accepted.Seed, events[0].Accepted.Count));
        Assert.Equal(GenerateEvent.KindOneofCase.Done, events[^1].KindCase);
        Assert.Equal(1, events[^1].Done.Pictures);
        var progress = events.Where(happened => happened.Progress is not null).Select(happened => happened.Progress).ToArray();
        Assert.Equal(["encode", "denoise", "decode", "image"], progress.Select(one => one.Stage).Distinct());
        Assert.Equal(Enumerable.Range(1, Steps), progress.Where(one => one.Stage == "denoise" && one.Total == Steps).Select(one => one.Step));
        var file = await mesh.InferAsync(new
        {
            prompt = Request.Prompt,
            width = 512,
            height = 512,
            steps = Steps,
            cfg_scale = 4,
            seed = 31,
            output_format = "png",
        });
        Assert.True(file.AsSpan().SequenceEqual(File(events)), "the file differs from that of /v1/infer");
    }

    [Fact]
    public async Task Previews_come_before_their_picture_and_change_nothing_of_it()
    {
        // Previews end with the denoising: steps enough that the first is decoded before, but for a Vae that stands still meanwhile.
        const int ManySteps = 60, Attempts = 5;
        var (request, plain) = (Request, Request);
        (request.Steps, plain.Steps) = (ManySteps, ManySteps);
        request.PreviewInterval = 1;
        List<GenerateEvent> events = [];
        GenerationPreview[] previews = [];
        for (var attempt = 0; attempt < Attempts && previews is not [{ Step: 1 }, ..]; attempt++)
        {
            events = await GenerateAsync(request);
            previews = [.. events.Where(happened => happened.Preview is not null).Select(happened => happened.Preview)];
        }

        // Some are left out while another is decoded; the first is not.
        Assert.Equal(1, Assert.IsType<GenerationPreview>(previews.FirstOrDefault()).Step);
        Assert.Equal(previews.Select(preview => preview.Step).Order(), previews.Select(preview => preview.Step));
        Assert.All(previews, preview => Assert.InRange(preview.Step, 1, ManySteps - 1));
        var last = File(events);
        Assert.All(previews, preview =>
        {
            Assert.Equal(new ImageInfo(QwenMesh.Imaging.ImageFormat.Png, 512, 512), new VipsDecoder().Probe(preview.Image.ToByteArray(), new ImageLimits()));
            Assert.False(preview.Image.Span.SequenceEqual(last), "a preview is the picture itself");
        });
        Assert.True(
            events.FindLastIndex(happened => happened.Preview is not null) < events.FindIndex(happened => happened.Image is not null), "a preview came late");
        Assert.True(File(await GenerateAsync(plain)).AsSpan().SequenceEqual(last), "previews changed the picture");
    }

    [Fact]
    public async Task A_wrong_field_is_named_in_the_status_details()
    {
        var request = Request;
        request.Task = GenerationTask.Unspecified;
        var failure = await Assert.ThrowsAsync<RpcException>(() => GenerateAsync(request));
        Assert.Equal(StatusCode.InvalidArgument, failure.StatusCode);
        var fault = StageFaults.Read(failure);
        Assert.NotNull(fault);
        Assert.Equal(("gateway", FaultReasons.InvalidRequest, false), (fault.Stage, fault.Reason, fault.Retryable));
        Assert.Equal("task", Assert.Single(fault.Fields).Field);
    }

    [Fact]
    public async Task The_served_model_is_described()
    {
        var models = await new ImageGeneration.ImageGenerationClient(_channel).GetModelsAsync(
            new GetModelsRequest(), deadline: DateTime.UtcNow.AddSeconds(60), cancellationToken: TestContext.Current.CancellationToken);
        var model = Assert.Single(models.Models);
        Assert.Equal("qwen-image-nano", model.Names[0]);
        Assert.Equal(64, model.SizeMultiple);
        Assert.Contains(GenerationTask.TextToImage, model.Tasks);
        Assert.Equal(3, model.Fingerprints.Distinct().Count());
    }

    public void Dispose() => _channel.Dispose();

    private Task<List<GenerateEvent>> GenerateAsync(GenerateRequest request) => FrontDoorCalls.EventsAsync(_channel, request);

    private static byte[] File(IEnumerable<GenerateEvent> events) => FrontDoorCalls.File(events);
}
