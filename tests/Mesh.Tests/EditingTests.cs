using Google.Protobuf;
using Grpc.Net.Client;
using QwenMesh.Imaging;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Mesh.Tests;

/// <summary>Every kind of request with pictures, through the real mesh.</summary>
[Collection(MeshCollection.Name)]
public sealed class EditingTests(MeshFixture mesh) : IDisposable
{
    private const int Side = 512;
    private const int Steps = 4;
    private const double Guidance = 3;
    private const string Words = "a big green circle on a blue background";

    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);

    private static RgbImage[] Pictures => [Scene.Disc(Side, Side, "blue", "red"), Scene.Disc(640, 384, "white", "purple")];

    [Theory]
    [InlineData("Make the background green", 1)]
    [InlineData("把圆形变成黄色", 2)]
    public async Task An_edit_is_that_of_one_process(string prompt, int references)
    {
        var pictures = Pictures[..references];
        var split = await DrawAsync(GenerationTask.Edit, prompt, 19, pictures);
        var whole = OneProcessPipeline.Png(OneProcess(PipelinePictures.EditPlus, prompt, 19, pictures), TestContext.Current.CancellationToken);
        Assert.True(split.AsSpan().SequenceEqual(whole), "the two files differ");
    }

    [Fact]
    public async Task References_are_seen_in_their_order()
    {
        var forth = await DrawAsync(GenerationTask.Edit, "Combine Picture 1 and Picture 2", 4, Pictures);
        var back = await DrawAsync(GenerationTask.Edit, "Combine Picture 1 and Picture 2", 4, [.. Pictures.Reverse()]);
        Assert.False(forth.AsSpan().SequenceEqual(back), "the order of the references changes nothing");
    }

    [Fact]
    public async Task Image_to_image_is_that_of_one_process_and_keeps_what_strength_leaves()
    {
        var request = Request(GenerationTask.ImageToImage, Words, 23, Pictures[..1]);
        request.Strength = 0.5;
        var split = await FrontDoorCalls.DrawAsync(_channel, request);
        var one = OneProcess(PipelinePictures.ImageToImage, Words, 23, Pictures[..1]) with { Strength = 0.5 };
        Assert.True(split.AsSpan().SequenceEqual(OneProcessPipeline.Png(one, TestContext.Current.CancellationToken)), "the two files differ");
        Assert.Equal("blue", new PaletteVotes(Decode(split)).Border);
    }

    [Fact]
    public async Task Inpainting_leaves_every_pixel_outside_the_mask_as_it_was()
    {
        var (original, mask) = (Pictures[0], Scene.MiddleMask(Side, Side));
        var request = Request(GenerationTask.Inpaint, "Make the circle yellow", 29, [original]);
        request.Mask = ByteString.CopyFrom(Scene.Png(mask));
        request.Strength = 1;
        var drawn = Decode(await FrontDoorCalls.DrawAsync(_channel, request));

        var (inside, kept) = (0, 0);
        for (var i = 0; i < Side * Side; i++)
        {
            var same = drawn.Pixels.Span.Slice(3 * i, 3).SequenceEqual(original.Pixels.Span.Slice(3 * i, 3));
            var isDrawn = mask.Pixels.Span[3 * i] == 255;
            Assert.True(same || isDrawn, $"pixel {i % Side}, {i / Side} outside the mask has changed");
            (inside, kept) = (inside + (isDrawn ? 1 : 0), kept + (isDrawn && same ? 1 : 0));
        }
        Assert.True(kept < inside / 2, $"{kept} of {inside} pixels inside the mask are the original's");
    }

    [Fact]
    public async Task Text_to_image_is_the_same_before_and_after_an_edit()
    {
        var before = await DrawAsync(GenerationTask.TextToImage, Words, 31, []);
        var edited = await DrawAsync(GenerationTask.Edit, Words, 31, Pictures[..1]);
        var after = await DrawAsync(GenerationTask.TextToImage, Words, 31, []);
        Assert.False(before.AsSpan().SequenceEqual(edited), "the reference changed nothing");
        Assert.True(before.AsSpan().SequenceEqual(after), "the edit left something behind");
    }

    public void Dispose() => _channel.Dispose();

    private Task<byte[]> DrawAsync(GenerationTask task, string prompt, ulong seed, RgbImage[] pictures) =>
        FrontDoorCalls.DrawAsync(_channel, Request(task, prompt, seed, pictures));

    private static GenerateRequest Request(GenerationTask task, string prompt, ulong seed, RgbImage[] pictures) => new()
    {
        Task = task,
        Prompt = prompt,
        NegativePrompt = " ",
        References = { pictures.Select(picture => ByteString.CopyFrom(Scene.Png(picture))) },
        Width = Side,
        Height = Side,
        Steps = Steps,
        Guidance = Guidance,
        Seed = seed,
    };

    private static OneProcessRequest OneProcess(string pipeline, string prompt, ulong seed, RgbImage[] pictures) =>
        new(Repository.NanoModel, prompt, " ", Side, Side, Steps, (float)Guidance, seed) { Pipeline = pipeline, Pictures = pictures };

    private static RgbImage Decode(byte[] file) => new VipsDecoder().Decode(file, new ImageLimits());
}
