using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.OpenAi;

/// <summary>stream: true of generations and edits.</summary>
public sealed class StreamTests
{
    private const string Path = "/v1/images/generations";

    [Fact]
    public async Task Partial_images_come_in_their_order_and_the_picture_at_the_end()
    {
        await using var mesh = await FakeMesh.StartAsync();
        using var sent = HoldPreviews(mesh, steps: 8);
        using var events = await StreamedEvents.PostAsync(
            mesh.Gateway, Path, """{"prompt":"x","size":"512x576","num_inference_steps":8,"stream":true,"partial_images":3,"quality":"high","user":"u"}""");
        Assert.Equal("user", Assert.Single(events.Headers.GetValues("x-qwenmesh-ignored")));
        for (var index = 0; index < 3; index++)
        {
            var partial = (await events.NextAsync())!;
            Assert.Equal("image_generation.partial_image", partial.Name);
            Assert.Matches($$"""^{"type":"image_generation.partial_image","b64_json":"[A-Za-z0-9+/=]+","created_at":[0-9]+,"size":"512x576","quality":"high","background":"auto","output_format":"png","partial_image_index":{{index}}}$""", partial.Data);
            Assert.Equal(new ImageInfo(ImageFormat.Png, 512, 576), Info(partial));
            sent.Release();
        }
        sent.Release(); // After the last step there is one more, which is not asked for.
        var completed = (await events.NextAsync())!;
        Assert.Equal("image_generation.completed", completed.Name);
        Assert.Matches("""^{"type":"image_generation.completed","b64_json":"[A-Za-z0-9+/=]+","created_at":[0-9]+,"size":"512x576","quality":"high","background":"auto","output_format":"png","usage":{"input_tokens":0,"input_tokens_details":{"text_tokens":0,"image_tokens":0},"output_tokens":0,"total_tokens":0}}$""", completed.Data);
        Assert.Equal(new ImageInfo(ImageFormat.Png, 512, 576), Info(completed));
        Assert.Null(await events.NextAsync());
        Assert.Equal(2, mesh.Denoiser.Service.Requests.Single().Parameters.PreviewInterval);
    }

    [Theory]
    [InlineData(30, 0, 0)]
    [InlineData(30, 1, 15)]
    [InlineData(30, 2, 10)]
    [InlineData(30, 3, 8)]
    [InlineData(7, 3, 2)]
    [InlineData(2, 3, 1)]
    public async Task Previews_are_spread_over_the_steps(int steps, int asked, int interval)
    {
        await using var mesh = await FakeMesh.StartAsync();
        using var events = await StreamedEvents.PostAsync(
            mesh.Gateway, Path, $$"""{"prompt":"x","size":"512x512","steps":{{steps}},"stream":true,"partial_images":{{asked}}}""");
        Assert.Equal("image_generation.completed", (await events.AllAsync())[^1].Name);
        Assert.Equal(interval, mesh.Denoiser.Service.Requests.Single().Parameters.PreviewInterval);
    }

    [Fact]
    public async Task Without_partial_images_there_is_only_the_picture()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Denoiser.Service.Steps = 4;
        using var events = await StreamedEvents.PostAsync(mesh.Gateway, Path, """{"prompt":"x","size":"512x512","stream":true,"output_format":"jpeg"}""");
        var completed = Assert.Single(await events.AllAsync());
        Assert.Equal(new ImageInfo(ImageFormat.Jpeg, 512, 512), Info(completed));
        Assert.Empty(events.Comments);
    }

    [Fact]
    public async Task A_form_streams_its_edit()
    {
        await using var mesh = await FakeMesh.StartAsync();
        using var sent = HoldPreviews(mesh, steps: 4);
        using var form = new MultipartFormDataContent
        {
            { new StringContent("make it blue"), "prompt" },
            { new StringContent("true"), "stream" },
            { new ByteArrayContent(EditFiles.Png(10, 64, 64)), "image[]", "a.png" },
            { new StringContent("1"), "partial_images" },
            { new StringContent("4"), "num_inference_steps" },
        };
        using var events = await StreamedEvents.PostAsync(mesh.Gateway, "/v1/images/edits", form);
        var partial = (await events.NextAsync())!;
        Assert.Equal(("image_edit.partial_image", "image_edit.partial_image", 0), (partial.Name, partial.Json.GetProperty("type").GetString(), partial.Json.GetProperty("partial_image_index").GetInt32()));
        // The picture's shape, which the plan knows first.
        Assert.Equal("1024x1024", partial.Json.GetProperty("size").GetString());
        sent.Release(2);
        var completed = (await events.NextAsync())!;
        Assert.Equal(("image_edit.completed", "1024x1024"), (completed.Name, completed.Json.GetProperty("size").GetString()));
        Assert.Null(await events.NextAsync());
    }

    [Fact]
    public async Task Of_several_pictures_each_is_completed_and_the_first_is_previewed()
    {
        await using var mesh = await FakeMesh.StartAsync();
        (mesh.Denoiser.Service.Steps, mesh.Denoiser.Service.Calls.Hold) = (4, Task.CompletedTask);
        using var events = await StreamedEvents.PostAsync(
            mesh.Gateway, Path, """{"prompt":"x","size":"512x512","n":3,"seed":1,"num_inference_steps":4,"stream":true,"partial_images":1}""");
        var all = await events.AllAsync();
        Assert.Equal(3, all.Count(one => one.Name == "image_generation.completed"));
        Assert.True(all.Count <= 4, $"{all.Count} events");
        var pictures = all.Where(one => one.Name == "image_generation.completed").Select(one => Convert.ToBase64String(one.File));
        Assert.Equal(3, pictures.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task A_denoiser_without_previews_draws_the_picture_alone()
    {
        await using var mesh = await FakeMesh.StartAsync(models: (_, denoiser, _) => denoiser.Model.Features.Remove("preview"));
        using var events = await StreamedEvents.PostAsync(mesh.Gateway, Path, """{"prompt":"x","size":"512x512","stream":true,"partial_images":2}""");
        Assert.Equal("image_generation.completed", Assert.Single(await events.AllAsync()).Name);
        Assert.Equal(0, mesh.Denoiser.Service.Requests.Single().Parameters.PreviewInterval);
    }

    [Fact]
    public async Task A_job_that_was_drawn_before_is_its_picture()
    {
        await using var mesh = await FakeMesh.StartAsync();
        const string Body = """{"prompt":"x","size":"512x512","seed":3,"stream":true,"partial_images":2}""";
        var files = new List<byte[]>();
        for (var time = 0; time < 2; time++)
        {
            using var events = await StreamedEvents.PostAsync(mesh.Gateway, Path, Body, ("Idempotency-Key", "k"));
            files.Add((await events.AllAsync())[^1].File);
        }
        Assert.Equal(files[0], files[1]);
        Assert.Equal(1, mesh.Denoiser.Service.Calls.Count);
    }

    private static ImageInfo Info(StreamedEvent one) => new VipsDecoder().Probe(one.File, new ImageLimits());

    // Each preview waits until the test has read the one before: those that come while one is decoded are left out.
    private static SemaphoreSlim HoldPreviews(FakeMesh mesh, int steps)
    {
        var read = new SemaphoreSlim(0);
        (mesh.Denoiser.Service.Steps, mesh.Denoiser.Service.AfterPreview) = (steps, _ => read.WaitAsync(TimeSpan.FromSeconds(60)));
        return read;
    }
}
