using Grpc.Core;
using QwenMesh.Checkpoints;
using QwenMesh.Denoiser.Latents;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Denoiser.Tests.Requests;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.Testing;

namespace QwenMesh.Denoiser.Tests.Service;

/// <summary>The service over loopback, through the generated client.</summary>
public sealed class DenoiserServiceTests : IAsyncLifetime
{
    private static readonly string TinyModel = Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image");

    private static readonly string TinyControl = Path.Combine(GoldenFolder.Default, "models", "tiny-controlnet");

    private DenoiserHost _host = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private int Width => _host.Loaded.Transformer.Config.JointAttentionDim;

    public async ValueTask InitializeAsync() =>
        _host = await DenoiserHost.StartAsync(TinyModel, "--Denoiser:MaxSteps=10000", "--Stage:MaxQueuedCalls=0", "--Stage:ChunkBytes=262144", $"--Denoiser:Controls:union={TinyControl}");

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData(Scheduler.Checkpoint, 3, 4.0, 7UL, false)]
    [InlineData(Scheduler.Checkpoint, 2, 1.0, ulong.MaxValue, false)]
    [InlineData(Scheduler.Lightning, 4, 1.0, (1UL << 32) + 5, false)]
    [InlineData(Scheduler.Checkpoint, 1, 2.5, 1UL << 33, false)]
    [InlineData(Scheduler.Lightning, 1, 1.0, 9UL, false)]
    [InlineData(Scheduler.Checkpoint, 2, 4.0, 0UL, true)]
    public async Task Denoise_returns_what_the_run_computes(Scheduler scheduler, int steps, double scale, ulong seed, bool ownNoise)
    {
        var (prompt, negative) = (Messages.Embeds(9, Width, 1), Messages.Embeds(5, Width, 2));
        var noise = ownNoise ? Messages.Embeds(16, 10 * 6, 3) : null;
        var answer = await DenoiseAnswer.CallAsync(
            _host.Client,
            [
                Messages.Parameters(p =>
                {
                    (p.LatentHeight, p.LatentWidth, p.Scheduler, p.Seed) = (10, 6, scheduler, seed);
                    (p.NumInferenceSteps, p.TrueCfgScale) = (steps, scale);
                }),
                .. Messages.Tensor("prompt_embeds", prompt, 9, Width),
                .. Messages.Tensor("negative_prompt_embeds", negative, 5, Width),
                .. noise is null ? [] : Messages.Tensor("noise", noise, 16, 10, 6),
            ],
            Cancellation);

        using var model = new LoadedModel(TinyModel);
        var job = new DenoiseJob
        {
            Grid = new LatentGrid(16, 10, 6, 2),
            Steps = steps,
            Lightning = scheduler == Scheduler.Lightning,
            TrueCfgScale = (float)scale,
            Seed = seed,
            Prompt = new PromptEmbeds(9, prompt),
            NegativePrompt = new PromptEmbeds(5, negative),
            Noise = noise,
        };
        var (expected, sigmas) = (model.Run(job), FlowMatchSchedule.For(model.Scheduler, job).Sigmas);

        TensorAssert.Exact(expected, answer.Latents, "latents");
        Assert.Equal([16, 10, 6], answer.Shape);
        Assert.Equal(sigmas, answer.Started.Sigmas);
        Assert.Equal((15, scale > 1), (answer.Started.ImageTokens, answer.Started.Guided));
        Assert.Equal(sigmas[1..].Index().Select(level => (level.Index + 1, level.Item)), answer.Steps.Select(step => (step.Step, step.Sigma)));
        Assert.All(answer.Steps, step => Assert.Equal(steps, step.Total));
        Assert.True(answer.Finished.ComputeSeconds >= answer.Steps.Sum(step => step.Seconds));
        await _host.IdleAsync();
    }

    [Fact]
    public async Task One_step_starts_at_pure_noise()
    {
        foreach (var scheduler in new[] { Scheduler.Checkpoint, Scheduler.Lightning })
        {
            var answer = await DenoiseAnswer.CallAsync(
                _host.Client,
                [
                    Messages.Parameters(p => (p.Scheduler, p.NumInferenceSteps) = (scheduler, 1)),
                    .. Messages.Tensor("prompt_embeds", Messages.Embeds(4, Width, 1), 4, Width),
                ],
                Cancellation);
            Assert.Equal([1f, 0f], answer.Started.Sigmas);
            Assert.False(answer.Started.Guided);
            Assert.All(answer.Latents, value => Assert.True(float.IsFinite(value)));
        }
    }

    [Fact]
    public async Task Latents_come_in_chunks_of_the_configured_size()
    {
        using var call = _host.Client.Denoise(cancellationToken: Cancellation);
        await DenoiseAnswer.SendAsync(
            call,
            [
                Messages.Parameters(p => (p.LatentHeight, p.LatentWidth, p.NumInferenceSteps) = (64, 80, 1)),
                .. Messages.Tensor("prompt_embeds", Messages.Embeds(4, Width, 1), 4, Width),
            ]);
        var chunks = new List<int>();
        while (await call.ResponseStream.MoveNext(Cancellation))
        {
            if (call.ResponseStream.Current.Frame?.Chunk is { } chunk)
            {
                chunks.Add(chunk.Data.Length);
            }
        }
        Assert.Equal([256 << 10, (16 * 64 * 80 * 4) - (256 << 10)], chunks);
    }

    /// <summary>Everything at a time: references, an initial picture, a mask, a control network, previews and checkpoints; then on from a checkpoint.</summary>
    [Fact]
    public async Task A_call_with_everything_goes_on_from_its_checkpoint_with_the_same_bits()
    {
        DenoiseRequest Parameters(Action<DenoiseParameters> change) => Messages.Parameters(p =>
        {
            (p.LatentHeight, p.LatentWidth, p.NumInferenceSteps, p.Strength, p.Inpaint) = (6, 8, 6, 0.9, true);
            (p.PreviewInterval, p.CheckpointInterval) = (2, 3);
            p.References.Add([new LatentSize { Height = 4, Width = 8 }, new LatentSize { Height = 2, Width = 2 }]);
            p.Controls.Add(new Control { Name = "union", Scale = 0.7, GuidanceStart = 0.3 });
            p.RequiredFeatures.Add(["references", "initial_latents", "inpaint", "control", "preview", "checkpoint", "resume"]);
            change(p);
        });
        DenoiseRequest[] tensors =
        [
            .. Messages.Tensor("prompt_embeds", Messages.Embeds(9, Width, 1), 9, Width),
            .. Messages.Tensor("negative_prompt_embeds", Messages.Embeds(3, Width, 2), 3, Width),
            .. Messages.Tensor("reference", 1, Messages.Embeds(32, 4, 3), 32, 2, 2),
            .. Messages.Tensor("reference", 0, Messages.Embeds(32, 32, 4), 32, 4, 8),
            .. Messages.Tensor("initial", Messages.Embeds(32, 48, 5), 32, 6, 8),
            .. Messages.Tensor("control", Messages.Embeds(32, 48, 6), 32, 6, 8),
            .. Messages.Tensor("mask", DataType.Uint8, [.. new byte[24], .. Enumerable.Repeat((byte)1, 24)], 6, 8),
        ];
        var whole = await DenoiseAnswer.CallAsync(_host.Client, [Parameters(_ => { }), .. tensors], Cancellation);
        Assert.Equal([("preview", 2), ("checkpoint", 3), ("preview", 4)], whole.OnTheWay.Select(tensor => (tensor.Name, tensor.Step)));
        Assert.Equal(6, whole.Steps.Count);
        var checkpoint = whole.OnTheWay.Single(tensor => tensor.Name == "checkpoint").Values;

        var rest = await DenoiseAnswer.CallAsync(
            _host.Client, [Parameters(p => p.StartStep = 3), .. tensors, .. Messages.Tensor("latents", checkpoint, 16, 6, 8)], Cancellation);
        TensorAssert.Exact(whole.Latents, rest.Latents, "latents");
        Assert.Equal([4, 5, 6], rest.Steps.Select(step => step.Step));
        Assert.Equal(whole.Started.Sigmas.Skip(3), rest.Started.Sigmas);

        var without = await DenoiseAnswer.CallAsync(_host.Client, [Parameters(p => p.Controls[0].Scale = 0), .. tensors], Cancellation);
        Assert.True(TensorAssert.RelativeError(whole.Latents, without.Latents) > 1e-4);
        await _host.IdleAsync();
    }

    [Fact]
    public async Task A_feature_that_is_not_here_is_refused_by_its_name()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => DenoiseAnswer.CallAsync(
            _host.Client, [Messages.Parameters(p => p.RequiredFeatures.Add(["references", "adapters"]))], Cancellation));
        var fault = StageFaults.Read(refused);
        Assert.Equal((StatusCode.Unimplemented, FaultReasons.FeatureMissing), (refused.StatusCode, fault!.Reason));
        Assert.Contains("'adapters'", fault.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Model_info_describes_what_is_served()
    {
        var info = await _host.Info.GetModelInfoAsync(new GetModelInfoRequest(), cancellationToken: Cancellation);
        Assert.Equal(("tiny-qwen-image", "QwenImagePipeline", "transformer"), (info.ModelId, info.PipelineClass, info.Component));
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(TinyModel, "transformer", "config.json"), Cancellation), info.ComponentConfig);
        Assert.Equal(DataType.Float32, info.ComputeDtype);
        Assert.Equal(_host.Backend.Device, info.Device);
        Assert.Equal((1, 0, 256UL << 20), (info.Limits.MaxConcurrentCalls, info.Limits.MaxQueuedCalls, info.Limits.MaxTensorBytes));
        Assert.Equal((16, 2, Width, 16384, 10000), (info.Denoiser.LatentChannels, info.Denoiser.PatchSize, info.Denoiser.JointAttentionDim, info.Denoiser.MaxImageTokens, info.Denoiser.MaxSteps));
        Assert.Equal(["references", "initial_latents", "inpaint", "resume", "preview", "checkpoint", "lightning", "control"], info.Features);
        Assert.Equal([Scheduler.Checkpoint, Scheduler.Lightning], info.Denoiser.Schedulers);
        Assert.Equal((8, "union"), (info.Denoiser.MaxReferences, Assert.Single(info.Denoiser.Controls)));
        Assert.Empty(info.Denoiser.Adapters);
        using var checkpoint = Checkpoint.Open(TinyModel);
        Assert.NotEqual(checkpoint.Fingerprint("transformer", "scheduler"), info.Fingerprint);
    }

    [Fact]
    public async Task Refusals_carry_the_fault_and_take_no_slot()
    {
        IEnumerable<DenoiseRequest>[] calls =
        [
            [],
            [Messages.Parameters(p => p.LatentHeight = 7)],
            [Messages.Parameters()],
            [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", new float[12], 3, 4)],
            [Messages.Parameters(), .. Messages.Tensor("prompt_embeds", [float.NaN, .. new float[Width - 1]], 1, Width)],
        ];
        foreach (var messages in calls)
        {
            var refused = await Assert.ThrowsAsync<RpcException>(() => DenoiseAnswer.CallAsync(_host.Client, messages, Cancellation));
            Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
            var fault = StageFaults.Read(refused);
            Assert.Equal(("denoiser", FaultReasons.InvalidRequest, false), (fault!.Stage, fault.Reason, fault.Retryable));
            Assert.Equal(refused.Status.Detail, fault.Detail);
        }
        await _host.IdleAsync();
    }

    [Fact]
    public async Task Latents_beyond_Float32_are_a_fault_not_a_picture()
    {
        var noise = new float[16 * 6 * 4];
        Array.Fill(noise, float.MaxValue);
        var failed = await Assert.ThrowsAsync<RpcException>(() => DenoiseAnswer.CallAsync(
            _host.Client,
            [
                Messages.Parameters(), .. Messages.Tensor("prompt_embeds", Messages.Embeds(4, Width, 1), 4, Width),
                .. Messages.Tensor("noise", noise, 16, 6, 4),
            ],
            Cancellation));
        Assert.Equal(StatusCode.Internal, failed.StatusCode);
        Assert.Equal(FaultReasons.ComputationFailed, StageFaults.Read(failed)!.Reason);
        await _host.IdleAsync();
    }

    /// <summary>The call would take many minutes; that the slot is free again soon shows that the work has stopped.</summary>
    [Fact]
    public async Task Cancelling_stops_the_work()
    {
        using (var call = await StartLongCallAsync())
        {
            // Meanwhile there is no room for another.
            var refused = await Assert.ThrowsAsync<RpcException>(() => DenoiseAnswer.CallAsync(_host.Client, LongCall(), Cancellation));
            Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        }
        await _host.IdleAsync();
        await One_step_starts_at_pure_noise();
    }

    [Fact]
    public async Task A_deadline_stops_the_work()
    {
        using var call = _host.Client.Denoise(deadline: DateTime.UtcNow.AddSeconds(2), cancellationToken: Cancellation);
        await DenoiseAnswer.SendAsync(call, LongCall());
        var ended = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(Cancellation))
            {
            }
        });
        Assert.Equal(StatusCode.DeadlineExceeded, ended.StatusCode);
        await _host.IdleAsync();
    }

    private IEnumerable<DenoiseRequest> LongCall() =>
    [
        Messages.Parameters(p => (p.LatentHeight, p.LatentWidth, p.NumInferenceSteps) = (32, 32, 10000)),
        .. Messages.Tensor("prompt_embeds", Messages.Embeds(4, Width, 1), 4, Width),
    ];

    // Returns once the first step is done.
    private async Task<AsyncDuplexStreamingCall<DenoiseRequest, DenoiseResponse>> StartLongCallAsync()
    {
        var call = _host.Client.Denoise(cancellationToken: Cancellation);
        await DenoiseAnswer.SendAsync(call, LongCall());
        while (await call.ResponseStream.MoveNext(Cancellation))
        {
            if (call.ResponseStream.Current.KindCase == DenoiseResponse.KindOneofCase.Step)
            {
                return call;
            }
        }
        throw new InvalidOperationException("the call ended before its first step");
    }
}
