using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;
using QwenMesh.Protocol.V1;
using static QwenMesh.Gateway.Tests.Replicate.ReplicateCalls;
using ImageFormat = QwenMesh.Imaging.ImageFormat;

namespace QwenMesh.Gateway.Tests.Replicate;

/// <summary>What each model draws for each field of its input.</summary>
public sealed class InputTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    [Theory]
    [InlineData("qwen-image", 30, 3)]
    [InlineData("qwen-image-2512", 40, 4)]
    public async Task Models_that_draw_have_their_own_defaults(string model, int steps, double guidance)
    {
        var done = await DrawAsync("\"prompt\":\"x\",\"negative_prompt\":\"y\"", model);
        Assert.Equal(new ImageInfo(ImageFormat.WebP, 1344, 768), await shared.Gateway.FetchAsync(done));
        var drawn = shared.Mesh.Denoiser.Service.Requests.Last().Parameters;
        Assert.Equal((steps, guidance), (drawn.NumInferenceSteps, drawn.TrueCfgScale));
        Assert.Equal(["x", "y"], shared.Mesh.Encoder.Service.Requests.Last().Prompts);
        Assert.Equal("y", done.TextAt("input.negative_prompt"));
    }

    [Theory]
    [InlineData("\"aspect_ratio\":\"1:1\"", 1024, 1024)]
    [InlineData("\"aspect_ratio\":\"9:16\"", 768, 1344)]
    [InlineData("\"aspect_ratio\":\"3:2\"", 1216, 832)]
    [InlineData("\"aspect_ratio\":\"16:9\",\"image_size\":\"optimize_for_speed\"", 1024, 576)]
    [InlineData("\"aspect_ratio\":\"3:4\",\"image_size\":\"optimize_for_speed\"", 768, 1024)]
    public async Task The_size_is_that_of_the_ratio(string fields, int width, int height)
    {
        var info = await shared.Gateway.FetchAsync(await DrawAsync($"\"prompt\":\"x\",{fields}"));
        Assert.Equal((width, height), (info.Width, info.Height));
    }

    [Fact]
    public async Task A_size_of_its_own_is_drawn()
    {
        var info = await shared.Gateway.FetchAsync(await DrawAsync("""
            "prompt":"x","aspect_ratio":"custom","width":512,"height":272
            """, "qwen-image-2512"));
        Assert.Equal((512, 272), (info.Width, info.Height));
    }

    [Theory]
    [InlineData("png", ImageFormat.Png)]
    [InlineData("jpg", ImageFormat.Jpeg)]
    [InlineData("webp", ImageFormat.WebP)]
    public async Task The_file_is_of_the_format_that_is_asked_for(string name, ImageFormat format) =>
        Assert.Equal(format, (await shared.Gateway.FetchAsync(await DrawAsync($"{Square},\"output_format\":\"{name}\",\"output_quality\":0"))).Format);

    [Fact]
    public async Task A_seed_is_used_and_without_one_it_is_a_random_one()
    {
        foreach (var seed in new[] { "\"seed\":0", "\"seed\":4294967295", "\"seed\":null", "\"disable_safety_checker\":false" })
        {
            await DrawAsync($"{Square},{seed}");
        }
        var seeds = shared.Mesh.Denoiser.Service.Requests.Select(request => request.Parameters.Seed).ToArray()[^4..];
        Assert.Equal([0ul, uint.MaxValue], seeds[..2]);
        Assert.NotEqual(seeds[2], seeds[3]);
    }

    [Theory]
    [InlineData("qwen-image-edit", false)]
    [InlineData("qwen-image-edit-plus", false)]
    [InlineData("qwen-image-edit-plus", true)]
    public async Task An_edit_has_the_shape_of_its_picture(string model, bool isList)
    {
        var picture = isList ? $"[\"{Picture()}\"]" : $"\"{Picture()}\"";
        var done = await DrawAsync($"\"prompt\":\"make it blue\",\"image\":{picture}", model);
        var info = await shared.Gateway.FetchAsync(done);
        Assert.True(info.Width > info.Height, $"{info.Width}x{info.Height}");
        Assert.Equal(PromptTemplate.EditPlus, shared.Mesh.Encoder.Service.Requests.Last().Template);
        Assert.Equal(new WirePicture(96, 64, 40), Assert.Single(shared.Mesh.Encoder.Service.Pictures.Last()));
        // What the client sent is not sent back.
        Assert.DoesNotContain("base64", done.Text, StringComparison.Ordinal);
        Assert.Equal($"qwen/{model}", done.TextAt("model"));
    }

    [Fact]
    public async Task Several_pictures_keep_their_order()
    {
        await DrawAsync($"\"prompt\":\"both\",\"image\":[\"{Picture(20)}\",\"{Picture(10)}\"],\"aspect_ratio\":\"1:1\"", "qwen-image-edit-plus");
        Assert.Equal([20, 10], shared.Mesh.Encoder.Service.Pictures.Last().Select(picture => picture.First));
    }

    [Theory]
    [InlineData("", 0.9)]
    [InlineData(",\"strength\":0.5", 0.5)]
    public async Task A_picture_is_drawn_from_with_a_strength(string field, double strength)
    {
        await DrawAsync($"\"prompt\":\"x\",\"image\":\"{Picture()}\",\"num_inference_steps\":10{field}");
        var drawn = shared.Mesh.Denoiser.Service.Requests.Last();
        Assert.Equal((strength, 10), (drawn.Parameters.Strength, drawn.Parameters.NumInferenceSteps));
    }

    [Theory]
    [InlineData("qwen/qwen-image", "qwen/qwen-image", "hidden")]
    [InlineData("qwen/qwen-image-2512:0123", "qwen/qwen-image-2512", "0123")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "qwen/qwen-image", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    public async Task A_version_names_its_model(string sent, string model, string version)
    {
        var done = await shared.Gateway.CreateOfVersionAsync($$$"""{"version":"{{{sent}}}","input":{ {{{Square}}} }}""", Wait);
        Assert.Equal((201, model, version), (done.Status, done.TextAt("model"), done.TextAt("version")));
    }

    [Fact]
    public async Task A_version_that_is_only_a_hash_edits_where_there_is_a_picture()
    {
        var done = await shared.Gateway.CreateOfVersionAsync($$$"""{"version":"{{{new string('a', 64)}}}","input":{"prompt":"x","image":"{{{Picture()}}}"}}""", Wait);
        Assert.Equal((201, "qwen/qwen-image-edit-plus"), (done.Status, done.TextAt("model")));
    }

    [Fact]
    public async Task A_model_that_is_served_under_another_name_draws_too()
    {
        var done = await shared.Gateway.CallAsync(HttpMethod.Post, "/v1/models/qwen/qwen-image-nano/predictions", Small, Wait);
        Assert.Equal((201, "succeeded", "qwen/qwen-image-nano"), (done.Status, done.TextAt("status"), done.TextAt("model")));
    }

    private const string Square = """
        "prompt":"x","aspect_ratio":"1:1","image_size":"optimize_for_speed"
        """;

    private async Task<JsonReply> DrawAsync(string input, string model = "qwen-image")
    {
        var done = await shared.Gateway.CreateAsync($$$"""{"input":{ {{{input}}} }}""", model, Wait);
        Assert.True(done.Status == 201 && done.TextAt("status") == "succeeded", done.Text);
        return done;
    }
}
