using Grpc.Core;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.Testing;

namespace QwenMesh.Encoder.Tests.Service;

/// <summary>The service over loopback, through the generated client.</summary>
public sealed class EncoderServiceTests : IAsyncLifetime
{
    private EncoderHost _host = null!;

    public async ValueTask InitializeAsync() =>
        _host = await EncoderHost.StartAsync("--Encoder:MaxPromptLength=10000", "--Encoder:MaxPrompts=3", "--Stage:MaxQueuedCalls=1");

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("a red circle on a blue background", 0, false)]
    [InlineData("一个红色的圆", 0, false)]
    [InlineData("", 0, false)]
    [InlineData("a red circle on a blue background", 3, true)]
    public async Task Encode_returns_what_the_model_computes(string prompt, int length, bool truncated)
    {
        var answer = await EncodeCall.OfAsync(_host.Client, prompt, length);
        using var local = new TinyEncoder(EncoderHost.TinyModel);
        var expected = local.Encode(prompt, length == 0 ? 512 : length);
        var embeds = Assert.Single(answer.Embeds);
        Assert.Equal([expected.Tokens, expected.HiddenSize], embeds.Shape);
        Assert.True(expected.Bytes.Span.SequenceEqual(embeds.Bytes));
        Assert.Equal((truncated, false), (answer.Prompt.Truncated, answer.Prompt.Cached));
        Assert.True(answer.ComputeSeconds > 0);

        var again = await EncodeCall.OfAsync(_host.Client, prompt, length);
        Assert.Equal((true, 0), (again.Prompt.Cached, again.ComputeSeconds));
        Assert.Equal(embeds.Bytes, again.Embeds[0].Bytes);
        Assert.Equal(0, _host.Backend.LiveTensors);
    }

    [Fact]
    public async Task Prompts_of_one_call_are_answered_in_their_order()
    {
        var kept = await EncodeCall.OfAsync(_host.Client, "kept");
        var answer = await EncodeCall.OfAsync(_host.Client, [EncodeCall.Parameters(["new", "kept", "new"], features: StageFeatures.Prompts)]);
        Assert.Equal([false, true, true], answer.Summary.Prompts.Select(prompt => prompt.Cached));
        Assert.Equal(kept.Embeds[0].Bytes, answer.Embeds[1].Bytes);
        Assert.Equal(answer.Embeds[0].Bytes, answer.Embeds[2].Bytes);
        Assert.NotEqual(answer.Embeds[0].Bytes, answer.Embeds[1].Bytes);
    }

    [Fact]
    public async Task Embeddings_come_in_chunks_of_the_configured_size()
    {
        // The tiny model's longest conditioning fits into a single chunk of any size; this one is twice as wide.
        var nano = Path.Combine(GoldenFolder.Repository, "models", "qwen-image-nano");
        await using var host = await EncoderHost.StartAsync("--Model:Path=" + nano, "--Stage:ChunkBytes=262144");
        var answer = await EncodeCall.OfAsync(host.Client, string.Concat(Enumerable.Repeat("a red circle ", 500)), 1024);
        Assert.Equal([1024, 128], Assert.Single(answer.Embeds).Shape);
        Assert.Equal([256 << 10, 256 << 10], answer.Chunks);
    }

    public static TheoryData<string, string?, EncodeRequest[]> BadRequests => new()
    {
        { "no message", null, [] },
        { "no kind", null, [new EncodeRequest()] },
        { "tensor frame", null, [EncodeCall.Header(DataType.Uint8, 8, 8, 3)] },
        { "template is required", "parameters.template", [EncodeCall.Parameters(["a"], template: PromptTemplate.Unspecified)] },
        { "template 99", "parameters.template", [EncodeCall.Parameters(["a"], template: (PromptTemplate)99)] },
        { "template is required", "parameters.template", [new EncodeRequest { Parameters = new EncodeParameters() }] },
        { "max_sequence_length is -1", "parameters.max_sequence_length", [EncodeCall.Parameters(["a"], -1)] },
        { "max_sequence_length is 1025", "parameters.max_sequence_length", [EncodeCall.Parameters(["a"], 1025)] },
        { "0 prompts", "parameters.prompts", [EncodeCall.Parameters([])] },
        { "4 prompts", "parameters.prompts", [EncodeCall.Parameters(["a", "b", "c", "d"])] },
        { "10001 characters", "parameters.prompts[1]", [EncodeCall.Parameters(["a", new string('a', 10_001)])] },
        { "takes no tensors", null, [EncodeCall.Parameters(["a"]), EncodeCall.Header(DataType.Uint8, 8, 8, 3)] },
        { "second set of parameters", null, [EncodeCall.Parameters(["a"]), EncodeCall.Parameters(["b"])] },
        { "no kind", null, [EncodeCall.Parameters(["a"]), new EncodeRequest()] },
    };

    [Theory]
    [MemberData(nameof(BadRequests), DisableDiscoveryEnumeration = true)]
    public async Task A_bad_request_is_refused_with_its_reason(string reason, string? field, EncodeRequest[] requests)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => EncodeCall.OfAsync(_host.Client, requests));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Contains(reason, refused.Status.Detail, StringComparison.Ordinal);
        var fault = StageFaults.Read(refused);
        Assert.NotNull(fault);
        Assert.Equal(("encoder", FaultReasons.InvalidRequest, false), (fault.Stage, fault.Reason, fault.Retryable));
        Assert.Equal(field is null ? [] : [field], fault.Fields.Select(violation => violation.Field));
        Assert.Equal(0, _host.Gate.Running);
    }

    [Theory]
    [InlineData("a_later_feature", PromptTemplate.TextToImage)]
    [InlineData(StageFeatures.Images, PromptTemplate.TextToImage)]
    [InlineData(null, PromptTemplate.Edit)]
    [InlineData(null, PromptTemplate.EditPlus)]
    public async Task What_the_model_lacks_is_refused_by_name(string? feature, PromptTemplate template)
    {
        var request = EncodeCall.Parameters(["a"], 0, template, feature is null ? [] : [feature]);
        var refused = await Assert.ThrowsAsync<RpcException>(() => EncodeCall.OfAsync(_host.Client, [request]));
        Assert.Equal((StatusCode.Unimplemented, FaultReasons.FeatureMissing), (refused.StatusCode, StageFaults.Read(refused)?.Reason));
        Assert.Contains($"'{feature ?? StageFeatures.Images}'", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_waits_can_be_cancelled_or_run_out_of_time()
    {
        using (await _host.HoldSlotAsync())
        {
            using var cancelled = new CancellationTokenSource();
            var call = EncodeCall.OfAsync(_host.Client, "a waiting prompt", cancellationToken: cancelled.Token);
            await Eventually.TrueAsync(() => _host.Gate.Waiting == 1, "one call waits");
            await cancelled.CancelAsync();
            Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
            await Eventually.TrueAsync(() => _host.Gate.Waiting == 0, "no call waits");

            var late = await Assert.ThrowsAsync<RpcException>(
                () => EncodeCall.OfAsync(_host.Client, "a waiting prompt", deadline: DateTime.UtcNow.AddMilliseconds(200)));
            Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
            await Eventually.TrueAsync(() => _host.Gate.Waiting == 0, "no call waits");
        }
        Assert.False((await EncodeCall.OfAsync(_host.Client, "a waiting prompt")).Prompt.Cached);
    }

    [Fact]
    public async Task Simultaneous_calls_with_one_prompt_compute_once()
    {
        await using var host = await EncoderHost.StartAsync();
        Task<EncodeCall>[] calls;
        using (await host.HoldSlotAsync())
        {
            calls = [.. Enumerable.Range(0, 6).Select(_ => EncodeCall.OfAsync(host.Client, "the same prompt"))];
            await Eventually.TrueAsync(() => host.Gate.Waiting == 6, "all calls wait");
        }
        var answers = await Task.WhenAll(calls);
        Assert.Single(answers, answer => !answer.Prompt.Cached);
        Assert.All(answers, answer => Assert.Equal(answers[0].Embeds[0].Bytes, answer.Embeds[0].Bytes));
    }

    [Fact]
    public async Task A_full_queue_refuses_what_must_be_computed_and_serves_what_is_kept()
    {
        await EncodeCall.OfAsync(_host.Client, "kept");
        using (await _host.HoldSlotAsync())
        {
            using var cancelled = new CancellationTokenSource();
            var waiting = EncodeCall.OfAsync(_host.Client, "waiting", cancellationToken: cancelled.Token);
            await Eventually.TrueAsync(() => _host.Gate.Waiting == 1, "one call waits");

            var refused = await Assert.ThrowsAsync<RpcException>(() => EncodeCall.OfAsync(_host.Client, "one too many"));
            Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
            Assert.True(StageFaults.Read(refused)!.Retryable);
            Assert.True((await EncodeCall.OfAsync(_host.Client, "kept")).Prompt.Cached);

            await cancelled.CancelAsync();
            await Assert.ThrowsAsync<RpcException>(() => waiting);
        }
    }

    [Fact]
    public async Task Model_info_answers_an_empty_request()
    {
        var info = await _host.Info.GetModelInfoAsync(new GetModelInfoRequest());
        Assert.Equal(("tiny-qwen-image", "QwenImagePipeline", "text_encoder"), (info.ModelId, info.PipelineClass, info.Component));
        Assert.Equal(File.ReadAllText(Path.Combine(EncoderHost.TinyModel, "text_encoder", "config.json")), info.ComponentConfig);
        Assert.Equal((DataType.Float32, TestEngine.Device), (info.ComputeDtype, info.Device));
        Assert.Equal((1, 1, 256UL << 20), (info.Limits.MaxConcurrentCalls, info.Limits.MaxQueuedCalls, info.Limits.MaxTensorBytes));
        Assert.Equal((64, 1024, 512), (info.Encoder.HiddenSize, info.Encoder.MaxSequenceLength, info.Encoder.DefaultMaxSequenceLength));
        Assert.Equal((3, 0, 0), (info.Encoder.MaxPrompts, info.Encoder.MaxImages, info.Encoder.MaxImagePixels));
        Assert.Equal([PromptTemplate.TextToImage], info.Encoder.Templates);
        Assert.Equal([StageFeatures.Prompts], info.Features);
    }

    [Fact]
    public async Task Metrics_tell_what_was_encoded()
    {
        await EncodeCall.OfAsync(_host.Client, "counted");
        await EncodeCall.OfAsync(_host.Client, "counted");
        var metrics = await _host.Http.GetStringAsync("/metrics");
        Assert.Contains("qwenmesh_encoder_prompts_total{", metrics, StringComparison.Ordinal);
        Assert.Contains("qwenmesh_cache=\"hit\"", metrics, StringComparison.Ordinal);
        Assert.Contains("qwenmesh_encoder_run_duration_seconds_count{", metrics, StringComparison.Ordinal);
        Assert.Contains("qwenmesh_encoder_cache_size_bytes{", metrics, StringComparison.Ordinal);
    }
}
