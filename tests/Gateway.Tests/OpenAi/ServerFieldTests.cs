using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.OpenAi;

/// <summary>Fields and routes that SGLang and vLLM-Omni add to OpenAI's.</summary>
public sealed class ServerFieldTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private const string Path = "/v1/images/generations";

    [Theory]
    [InlineData("\"enable_teacache\":true", "enable_teacache", "steps are not skipped for being alike; leave it out")]
    [InlineData("\"enable_upscaling\":true", "enable_upscaling", "pictures are drawn at the size that is asked for; leave it out")]
    [InlineData("\"upscaling_model_path\":\"x\"", "upscaling_model_path", "pictures are drawn at the size that is asked for; leave it out")]
    [InlineData("\"enhance_prompt\":true", "enhance_prompt", "prompts are drawn as they are; leave it out")]
    [InlineData("\"perf_dump_path\":\"/tmp/x\"", "perf_dump_path", "the answer's Server-Timing header has the times; no files are written")]
    [InlineData("\"flow_shift\":3", "flow_shift", "the model's own schedule decides the shift; leave it out")]
    [InlineData("\"layers\":4", "layers", "the model draws one layer; leave it out")]
    [InlineData("\"lora\":{\"name\":\"a\",\"path\":\"b\"}", "lora", "adapters are not served here")]
    [InlineData("\"extra_params\":{\"a\":1}", "extra_params", "the model has no further parameters; leave it out")]
    [InlineData("\"diffusers_kwargs\":{\"a\":1}", "diffusers_kwargs", "no diffusers pipeline is behind this service; leave it out")]
    [InlineData("\"progressive_mode\":\"on\"", "progressive_mode", "pictures are drawn at one resolution; leave it out")]
    [InlineData("\"max_sequence_length\":1024", "max_sequence_length", "this model reads prompts of up to 512 tokens; ask for 512 or leave it out")]
    [InlineData("\"n\":2,\"seed\":[1,5]", "seed", "pictures are drawn from seed, seed + 1, ...; a list has these, one for each picture, or the first alone")]
    [InlineData("\"n\":3,\"seed\":[1,2]", "seed", "pictures are drawn from seed, seed + 1, ...; a list has these, one for each picture, or the first alone")]
    [InlineData("\"seed\":[-1]", "seed", "pictures are drawn from seed, seed + 1, ...; a list has these, one for each picture, or the first alone")]
    public async Task What_would_change_the_picture_is_refused_with_its_reason(string field, string name, string reason)
    {
        var before = shared.Mesh.Encoder.Service.Calls.Count;
        var refused = await shared.Gateway.CallAsync(HttpMethod.Post, Path, $$"""{"prompt":"x",{{field}}}""");
        Assert.Equal((400, name, $"{name}: {reason}", $"{name}: {reason}"), (refused.Status, refused.TextAt("error.param"), refused.TextAt("error.message"), refused.TextAt("detail")));
        Assert.Equal(before, shared.Mesh.Encoder.Service.Calls.Count);
    }

    [Fact]
    public async Task Of_many_fields_that_are_refused_for_the_same_reason_a_few_are_named()
    {
        var fields = string.Join(',', Enumerable.Range(0, 3000).Select(i => $"\"progressive_{i}\":1"));
        var refused = await shared.Gateway.CallAsync(HttpMethod.Post, Path, $$"""{"prompt":"x",{{fields}}}""");
        Assert.Equal(400, refused.Status);
        Assert.InRange(refused.TextAt("error.message")!.Split("progressive_").Length - 1, 1, 32);
    }

    [Fact]
    public async Task What_says_nothing_is_taken()
    {
        var answer = await shared.Gateway.CallAsync(HttpMethod.Post, Path, """
            {"prompt":"x","size":"512x512","enable_teacache":false,"enable_upscaling":false,"upscaling_model_path":null,"enhance_prompt":false,"flow_shift":null,"layers":null,
             "lora":{},"extra_params":{},"diffusers_kwargs":null,"progressive_mode":null,"max_sequence_length":512,"perf_dump_path":null}
            """);
        Assert.True(answer.Status == 200, answer.Text);
        Assert.False(answer.Headers.ContainsKey("x-qwenmesh-ignored"));
    }

    [Fact]
    public async Task What_has_no_influence_is_named()
    {
        var answer = await shared.Gateway.CallAsync(HttpMethod.Post, Path, """
            {"prompt":"x","size":"512x512","generator_device":"cuda","vae_use_slicing":true,"vae_use_tiling":false,"upscaling_scale":4,"moderation":"low","bogus":1}
            """);
        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal("moderation, generator_device, vae_use_slicing, vae_use_tiling, upscaling_scale, bogus", answer.Headers["x-qwenmesh-ignored"]);
    }

    [Theory]
    [InlineData("[7]", 1)]
    [InlineData("[7]", 2)]
    [InlineData("[7,8]", 2)]
    public async Task A_list_of_seeds_is_honoured(string seeds, int pictures)
    {
        var answer = await shared.Gateway.CallAsync(HttpMethod.Post, Path, $$"""{"prompt":"x","size":"512x512","n":{{pictures}},"seed":{{seeds}}}""");
        Assert.True(answer.Status == 200, answer.Text);
        var drawn = shared.Mesh.Denoiser.Service.Requests.TakeLast(pictures).Select(request => request.Parameters.Seed).Order();
        Assert.Equal(Enumerable.Range(7, pictures).Select(seed => (ulong)seed), drawn);
    }

    [Fact]
    public async Task SGLangs_words_for_quality_are_its_numbers()
    {
        Assert.Equal(await LengthAsync("\"output_compression\":35"), await LengthAsync("\"output_quality\":\"low\""));
        Assert.Equal(await LengthAsync("\"output_compression\":75"), await LengthAsync("\"output_quality\":\"default\",\"quality\":\"low\""));
        Assert.Equal(await LengthAsync("\"output_compression\":20"), await LengthAsync("\"output_quality\":\"maximum\",\"output_compression\":20"));
        Assert.True(await LengthAsync("\"output_quality\":\"low\"") < await LengthAsync("\"output_quality\":\"maximum\""));
    }

    [Fact]
    public async Task A_form_says_them_as_texts()
    {
        using var taken = await Forms.PostAsync(
            shared.Gateway, "/v1/images/edits", ("image", EditFiles.Png(10, 64, 64)), ("prompt", "x"), ("size", "512x512"), ("lora", "{}"), ("enable_teacache", "false"),
            ("output_quality", "low"), ("output_format", "jpeg"));
        var text = await taken.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(taken.IsSuccessStatusCode, text);
        using var refused = await Forms.PostAsync(
            shared.Gateway, "/v1/images/edits", ("image", EditFiles.Png(10, 64, 64)), ("prompt", "x"), ("lora", """{"name":"a","path":"b"}"""));
        Assert.Equal(400, (int)refused.StatusCode);
    }

    [Theory]
    [InlineData("/health", """{"status":"ok"}""")]
    [InlineData("/health_generate", """{"status":"ok"}""")]
    [InlineData("/v1/model_info", """{"model_path":"qwen-image-nano"}""")]
    [InlineData("/models", """{"model_path":"qwen-image-nano","dit_precision":"fp32","vae_precision":"fp32","pipeline_class":"QwenImageEditPlusPipeline"}""")]
    [InlineData("/v1/list_loras", """{"loaded_adapters":[],"active":{}}""")]
    public async Task Its_server_tells_what_it_is(string path, string body)
    {
        var answer = await shared.Gateway.CallAsync(HttpMethod.Get, path);
        Assert.Equal((200, body), (answer.Status, answer.Text));
    }

    [Theory]
    [InlineData("/v1/set_lora")]
    [InlineData("/v1/merge_lora_weights")]
    [InlineData("/v1/unmerge_lora_weights")]
    public async Task Adapters_are_refused(string path)
    {
        var refused = await shared.Gateway.CallAsync(HttpMethod.Post, path, """{"lora_nickname":"a","lora_path":"b"}""");
        Assert.Equal((400, "adapters are not served here; the weights of a running model are not changed"), (refused.Status, refused.TextAt("error.message")));
    }

    [Fact]
    public async Task Variations_are_refused()
    {
        using var refused = await Forms.PostAsync(shared.Gateway, "/v1/images/variations", ("image", EditFiles.Png(10, 64, 64)));
        Assert.Equal(400, (int)refused.StatusCode);
        Assert.Contains("dall-e-2", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_is_503_while_no_model_is_ready()
    {
        await using var mesh = await FakeMesh.StartAsync(ready: false);
        var answer = await mesh.Gateway.CallAsync(HttpMethod.Get, "/health");
        Assert.Equal((503, "server_error"), (answer.Status, answer.TextAt("error.code")));
    }

    private async Task<int> LengthAsync(string field)
    {
        var answer = await shared.Gateway.CallAsync(HttpMethod.Post, Path, $$"""{"prompt":"x","size":"512x512","output_format":"jpeg","seed":1,{{field}}}""");
        Assert.True(answer.Status == 200, answer.Text);
        var file = answer.At("data.0.b64_json").GetBytesFromBase64();
        Assert.Equal(ImageFormat.Jpeg, new VipsDecoder().Probe(file, new ImageLimits()).Format);
        return file.Length;
    }
}
