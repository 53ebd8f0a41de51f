using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.Testing;
using ImageFormat = QwenMesh.Protocol.V1.ImageFormat;

namespace QwenMesh.Gateway.Tests.FrontDoor;

/// <summary>ImageGeneration through a generated client.</summary>
public sealed class ImageGenerationTests
{
    private const int Padding = (2 << 20) + 17;

    private static GenerateRequest Request => new() { Task = GenerationTask.TextToImage, Prompt = "p", Width = 512, Height = 576, Seed = 9, Steps = 6, Format = ImageFormat.Webp };

    [Fact]
    public async Task A_generation_is_told_from_its_acceptance_to_its_end()
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IPictureEncoder, LargeFiles>());
        var (denoiser, hold) = (mesh.Denoiser.Service, new TaskCompletionSource());
        (denoiser.Steps, denoiser.HoldAfterStep, denoiser.Calls.Hold) = (2, true, hold.Task);
        using var channel = Channel(mesh);
        var request = Request;
        (request.PreviewInterval, request.Count) = (2, 2);
        var events = new List<GenerateEvent>();
        using var call = new ImageGeneration.ImageGenerationClient(channel).Generate(request, deadline: DateTime.UtcNow.AddSeconds(120));
        while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
            events.Add(call.ResponseStream.Current);
            if (events[^1].KindCase == GenerateEvent.KindOneofCase.Preview)
            {
                hold.TrySetResult();
            }
        }

        Assert.Equal(
            new GenerationAccepted { Model = "qwen-image-nano", Width = 512, Height = 576, Steps = 6, Guidance = 4, Seed = 9, Count = 2 }, events[0].Accepted);
        Assert.Equal(["encode", "denoise", "decode", "image"], events.Where(one => one.Progress is not null).Select(one => one.Progress.Stage).Distinct());
        Assert.Contains(new GenerationProgress { Stage = "denoise", Picture = 1, Step = 2, Total = 6 }, events.Select(one => one.Progress));
        var preview = events.First(one => one.Preview is not null).Preview;
        Assert.Equal(2, preview.Step);
        Assert.Equal(new ImageInfo(QwenMesh.Imaging.ImageFormat.WebP, 512, 576), new VipsDecoder().Probe(preview.Image.Memory, new ImageLimits()));
        for (var i = 0; i < 2; i++)
        {
            AssertPicture([.. events.Select(one => one.Image).OfType<GeneratedImage>().Where(image => image.Picture == i)], seed: 9ul + (ulong)i);
        }
        var done = events[^1].Done;
        Assert.Equal((2, false, false), (done.Pictures, done.PromptTruncated, done.NegativePromptTruncated));
        Assert.Equal(["decode", "denoise", "encode", "image", "total"], done.Timings.Keys.Order());
        Assert.Equal(events.Select(one => one.Seconds).Order(), events.Select(one => one.Seconds));
    }

    public static TheoryData<string, Action<GenerateRequest>> Invalid => new()
    {
        { "task", request => request.Task = GenerationTask.Unspecified },
        { "task", request => request.Task = (GenerationTask)99 },
        { "format", request => request.Format = (ImageFormat)99 },
        { "height", request => request.Height = 0 },
        { "width", request => (request.Width, request.Height) = (-1, -1) },
        { "aspect_ratio", request => request.AspectRatio = "1:1" },
        { "count", request => request.Count = -1 },
        { "steps", request => request.Steps = -1 },
        { "quality", request => request.Quality = 101 },
        { "strength", request => request.Strength = double.NaN },
        { "preview_interval", request => request.PreviewInterval = -1 },
        { "priority", request => request.Priority = int.MinValue },
        { "prompt", request => request.Prompt = new string('x', 10_001) },
        { "negative_prompt", request => request.NegativePrompt = new string('x', 10_001) },
    };

    [Theory]
    [MemberData(nameof(Invalid), DisableDiscoveryEnumeration = true)]
    public async Task What_is_wrong_is_INVALID_ARGUMENT_with_the_field(string field, Action<GenerateRequest> spoil)
    {
        await using var mesh = await FakeMesh.StartAsync();
        using var channel = Channel(mesh);
        var request = Request;
        spoil(request);
        var refused = await RefusalAsync(channel, request);
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        var fault = StageFaults.Read(refused)!;
        Assert.Equal(("gateway", FaultReasons.InvalidRequest, field), (fault.Stage, fault.Reason, Assert.Single(fault.Fields).Field));
        Assert.Equal(0, mesh.Encoder.Service.Calls.Count);
    }

    [Fact]
    public async Task What_is_not_served_and_what_breaks_the_models_rules_is_told_with_its_reason()
    {
        await using var mesh = await FakeMesh.StartAsync(models: (_, denoiser, _) => denoiser.Model.Features.Clear());
        using var channel = Channel(mesh);
        (GenerateRequest Request, StatusCode Status, string Reason, string Detail)[] table =
        [
            (new(Request) { Task = GenerationTask.Edit }, StatusCode.Unimplemented, FaultReasons.Unsupported, "the denoiser of qwen-image-nano does not know 'references'"),
            (new(Request) { Width = 8192 }, StatusCode.InvalidArgument, FaultReasons.InvalidRequest, "width is 8192; at most 2048 is allowed"),
            (new(Request) { Model = "other" }, StatusCode.InvalidArgument, FaultReasons.InvalidRequest, "the model 'other' is not served here; served are qwen/"),
        ];
        foreach (var (request, status, reason, detail) in table)
        {
            var refused = await RefusalAsync(channel, request);
            Assert.Equal((status, reason), (refused.StatusCode, StageFaults.Read(refused)?.Reason));
            Assert.StartsWith(detail, refused.Status.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_clients_deadline_is_the_stages()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Denoiser.Service.Calls.Hold = new TaskCompletionSource().Task;
        using var channel = Channel(mesh);
        var deadline = DateTime.UtcNow.AddSeconds(3);
        using var call = new ImageGeneration.ImageGenerationClient(channel).Generate(Request, deadline: deadline);
        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => DrainAsync(call))).StatusCode);
        Assert.All(mesh.Encoder.Service.Calls.Deadlines, one => Assert.InRange(one, deadline.AddMinutes(-1), deadline.AddMinutes(1)));
        await Eventually.TrueAsync(() => mesh.Denoiser.Service.Calls.Running == 0, "the stage's call has ended");
    }

    [Fact]
    public async Task A_client_that_cancels_stops_the_stages_call()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Denoiser.Service.Calls.Hold = new TaskCompletionSource().Task;
        using var channel = Channel(mesh);
        using (var call = new ImageGeneration.ImageGenerationClient(channel).Generate(Request, deadline: DateTime.UtcNow.AddSeconds(120)))
        {
            await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        }
        await mesh.Denoiser.Service.Calls.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task The_models_are_told_with_their_rules()
    {
        await using var mesh = await FakeMesh.StartAsync();
        using var channel = Channel(mesh);
        var answer = await new ImageGeneration.ImageGenerationClient(channel).GetModelsAsync(
            new GetModelsRequest(), deadline: DateTime.UtcNow.AddSeconds(60), cancellationToken: TestContext.Current.CancellationToken);
        var model = Assert.Single(answer.Models);
        Assert.Equal(["qwen-image-nano", "qwen/qwen-image", "qwen/qwen-image-edit", "qwen/qwen-image-nano"], model.Names);
        Assert.Equal([GenerationTask.TextToImage, GenerationTask.Edit, GenerationTask.ImageToImage, GenerationTask.Inpaint], model.Tasks);
        Assert.Equal((30, 4.0, 64, 256, 2048), (model.DefaultSteps, model.DefaultGuidance, model.SizeMultiple, model.MinSide, model.MaxSide));
        Assert.Equal("1344x768", model.AspectRatios["16:9"]);
        Assert.Equal(["encoder", "denoiser", "vae"], model.Fingerprints);
    }

    private static GrpcChannel Channel(FakeMesh mesh) =>
        GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress, new GrpcChannelOptions { MaxReceiveMessageSize = 8 << 20 });

    private static void AssertPicture(IReadOnlyList<GeneratedImage> pieces, ulong seed)
    {
        Assert.True(pieces.Count > 2, $"{pieces.Count} pieces");
        var file = new MemoryStream();
        foreach (var piece in pieces)
        {
            Assert.Equal((seed, ImageFormat.Webp, 512, 576, (ulong)file.Length), (piece.Seed, piece.Format, piece.Width, piece.Height, piece.Offset));
            file.Write(piece.Data.Span);
        }
        Assert.All(pieces, piece => Assert.Equal((ulong)file.Length, piece.ByteLength));
        Assert.Equal(LargeFiles.Encode(new RgbImage(512, 576, FakeVae.Picture(512, 576, (byte)seed))), file.ToArray());
    }

    private static async Task<RpcException> RefusalAsync(GrpcChannel channel, GenerateRequest request)
    {
        using var call = new ImageGeneration.ImageGenerationClient(channel).Generate(request, deadline: DateTime.UtcNow.AddSeconds(60));
        return await Assert.ThrowsAsync<RpcException>(() => DrainAsync(call));
    }

    private static async Task DrainAsync(AsyncServerStreamingCall<GenerateEvent> call)
    {
        while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
        }
    }

    /// <summary>Files that take several messages.</summary>
    private sealed class LargeFiles : IPictureEncoder
    {
        public byte[] Encode(RgbImage image, QwenMesh.Imaging.ImageFormat format, int quality = IPictureEncoder.DefaultQuality, bool lossless = false) =>
            [.. new VipsEncoder().Encode(image, format, quality, lossless), .. new byte[Padding]];

        public static byte[] Encode(RgbImage image) => new LargeFiles().Encode(image, QwenMesh.Imaging.ImageFormat.WebP);
    }
}
