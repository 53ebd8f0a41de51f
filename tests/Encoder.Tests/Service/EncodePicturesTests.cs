using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Core;
using QwenMesh.Encoder.Pictures;
using QwenMesh.Imaging;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.Testing;
using Template = QwenMesh.Encoder.Prompting.PromptTemplate;

namespace QwenMesh.Encoder.Tests.Service;

/// <summary>Prompts with reference pictures over loopback.</summary>
public sealed class EncodePicturesTests : IAsyncLifetime
{
    private static readonly string Model = Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image-edit-2509");
    private static readonly RgbImage Red = TestPictures.Plain(48, 32, 255, 0, 0);
    private static readonly RgbImage Blue = TestPictures.Plain(48, 32, 0, 0, 255);

    private EncoderHost _host = null!;

    public async ValueTask InitializeAsync() =>
        _host = await EncoderHost.StartAsync("--Model:Path=" + Model, "--Encoder:MaxImages=2", "--Encoder:MaxImagePixels=4096");

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Two_prompts_over_two_pictures_of_one_size_are_kept_apart()
    {
        string[] prompts = ["make it green", " "];
        var red = await EncodeCall.OfAsync(_host.Client, prompts, PromptTemplate.EditPlus, Red);
        var blue = await EncodeCall.OfAsync(_host.Client, prompts, PromptTemplate.EditPlus, Blue);
        Assert.All([.. red.Summary.Prompts, .. blue.Summary.Prompts], prompt => Assert.False(prompt.Cached));

        using var local = new TinyEncoder(Model);
        foreach (var (answer, picture) in new[] { (red, Red), (blue, Blue) })
        {
            var expected = local.Encode(Template.EditPlus, prompts, 0, new ReferencePicture(picture));
            Assert.Equal(expected.Select(embeds => embeds.Bytes.ToArray()), answer.Embeds.Select(embeds => embeds.Bytes));

            var again = await EncodeCall.OfAsync(_host.Client, prompts, PromptTemplate.EditPlus, picture);
            Assert.All(again.Summary.Prompts, prompt => Assert.True(prompt.Cached));
            Assert.Equal(answer.Embeds.Select(embeds => embeds.Bytes), again.Embeds.Select(embeds => embeds.Bytes));
        }
        for (var i = 0; i < prompts.Length; i++)
        {
            Assert.Equal(red.Embeds[i].Shape, blue.Embeds[i].Shape);
            Assert.NotEqual(red.Embeds[i].Bytes, blue.Embeds[i].Bytes);
        }
        Assert.Equal(0, _host.Backend.LiveTensors);
    }

    [Fact]
    public async Task The_index_orders_pictures_not_their_arrival()
    {
        var inOrder = await EncodeCall.OfAsync(_host.Client, ["combine them"], PromptTemplate.EditPlus, Red, Blue);
        var parameters = EncodeCall.Parameters(["combine them"], template: PromptTemplate.EditPlus);
        var late = await EncodeCall.OfAsync(_host.Client, [parameters, .. EncodeCall.Frames(Blue, 1), .. EncodeCall.Frames(Red, 0)]);
        Assert.True(late.Prompt.Cached);
        Assert.Equal(inOrder.Embeds[0].Bytes, late.Embeds[0].Bytes);
        var swapped = await EncodeCall.OfAsync(_host.Client, ["combine them"], PromptTemplate.EditPlus, Blue, Red);
        Assert.NotEqual(inOrder.Embeds[0].Bytes, swapped.Embeds[0].Bytes);
    }

    [Fact]
    public async Task The_vision_tower_runs_once_for_all_prompts_of_a_call_and_not_for_kept_ones()
    {
        var runs = new ConcurrentQueue<ActivityTraceId>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is EncoderInstrumentation.Name or nameof(EncodePicturesTests),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span =>
            {
                if (span.OperationName == "encoder.vision" && Equals(span.GetTagItem("qwenmesh.pictures"), 2))
                {
                    runs.Enqueue(span.TraceId);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        using var source = new ActivitySource(nameof(EncodePicturesTests));
        using var test = source.StartActivity("test");
        for (var i = 0; i < 2; i++)
        {
            await EncodeCall.OfAsync(_host.Client, ["one", "two", "three"], PromptTemplate.EditPlus, Red, Blue);
        }
        Assert.Single(runs, trace => trace == test!.TraceId);
    }

    [Fact]
    public async Task Text_to_image_works_on_an_edit_checkpoint() =>
        Assert.True((await EncodeCall.OfAsync(_host.Client, "a red circle")).Prompt.Tokens > 0);

    [Fact]
    public async Task Model_info_tells_of_pictures()
    {
        var info = await _host.Info.GetModelInfoAsync(new GetModelInfoRequest());
        Assert.Equal([PromptTemplate.TextToImage, PromptTemplate.Edit, PromptTemplate.EditPlus], info.Encoder.Templates);
        Assert.Equal((2, 4096), (info.Encoder.MaxImages, info.Encoder.MaxImagePixels));
        Assert.Equal([StageFeatures.Prompts, StageFeatures.Images], info.Features);
    }

    public static TheoryData<string, string?, EncodeRequest[]> BadRequests => new()
    {
        { "needs a reference picture", null, [Parameters()] },
        { "'image' is missing", null, [Parameters(), .. EncodeCall.Frames(Red, 1)] },
        { "takes at most 2", null, [Parameters(), .. EncodeCall.Frames(Red, 2)] },
        { "takes at most 1", null, [Parameters(PromptTemplate.Edit), .. EncodeCall.Frames(Red, 1)] },
        { "'picture' is not known", null, [Parameters(), .. EncodeCall.Frames(Red, 0, "picture")] },
        { "UINT8 is needed", null, [Parameters(), EncodeCall.Header(DataType.Uint8, 8, 8, 4)] },
        { "UINT8 is needed", null, [Parameters(), EncodeCall.Header(DataType.Uint8, 8, 8)] },
        { "UINT8 is needed", null, [Parameters(), EncodeCall.Header(DataType.Float32, 8, 8, 3)] },
        { "4097x1 pixels", null, [Parameters(), EncodeCall.Header(DataType.Uint8, 1, 4097, 3)] },
        { "200 times the other", null, [Parameters(), EncodeCall.Header(DataType.Uint8, 1, 201, 3)] },
        { "only 0 is allowed", "parameters.max_sequence_length", [EncodeCall.Parameters(["a"], 512, PromptTemplate.EditPlus), .. EncodeCall.Frames(Red, 0)] },
        {
            "<|image_pad|>", "parameters.prompts[1]",
            [EncodeCall.Parameters(["a", "b<|image_pad|>"], 0, PromptTemplate.Edit), .. EncodeCall.Frames(Red, 0)]
        },
        {
            "at most 4096", "parameters.prompts[1]",
            [EncodeCall.Parameters(["a", string.Concat(Enumerable.Repeat("one ", 5000))], 0, PromptTemplate.EditPlus), .. EncodeCall.Frames(Red, 0)]
        },
    };

    [Theory]
    [MemberData(nameof(BadRequests), DisableDiscoveryEnumeration = true)]
    public async Task A_bad_request_is_refused_with_its_reason(string reason, string? field, EncodeRequest[] requests)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => EncodeCall.OfAsync(_host.Client, requests));
        Assert.Contains(reason, refused.Status.Detail, StringComparison.Ordinal);
        Assert.Equal((StatusCode.InvalidArgument, FaultReasons.InvalidRequest), (refused.StatusCode, StageFaults.Read(refused)?.Reason));
        Assert.Equal(field is null ? [] : [field], StageFaults.Read(refused)!.Fields.Select(violation => violation.Field));
        await Eventually.TrueAsync(() => _host.Gate.Running == 0 && _host.Backend.LiveTensors == 0, "nothing is left of the call");
    }

    private static EncodeRequest Parameters(PromptTemplate template = PromptTemplate.EditPlus) => EncodeCall.Parameters(["a"], template: template);
}
