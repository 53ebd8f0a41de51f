using Grpc.Core;
using QwenMesh.Denoiser.Latents;
using QwenMesh.Denoiser.Tests.Requests;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.Testing;

namespace QwenMesh.Denoiser.Tests.Service;

public sealed class DenoiserShutdownTests
{
    private static readonly string TinyModel = Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The call would take many minutes; each of its blocks takes long enough to be hit by the end of the drain.</summary>
    [Fact]
    public async Task The_end_of_the_drain_stops_the_work_before_memory_is_released()
    {
        var host = await DenoiserHost.StartAsync(TinyModel, "--Denoiser:MaxSteps=10000", "--Stage:DrainSeconds=0");
        var (gate, backend) = (host.Gate, host.Backend);
        using var running = host.Client.Denoise(cancellationToken: Cancellation);
        await DenoiseAnswer.SendAsync(running, LongCall(host));
        Assert.True(await running.ResponseStream.MoveNext(Cancellation));
        using var waiting = host.Client.Denoise(cancellationToken: Cancellation);
        await DenoiseAnswer.SendAsync(waiting, LongCall(host));
        await Eventually.TrueAsync(() => gate.Waiting == 1, "one call waits");

        await host.StopAsync();
        await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await running.ResponseStream.MoveNext(Cancellation))
            {
            }
        });
        await host.DisposeAsync();

        Assert.Equal((0, 0), (gate.Running, gate.Waiting));
        Assert.Equal(0, backend.LiveTensors);
    }

    [Fact]
    public async Task A_waiting_call_is_handed_back_at_the_stop_signal_and_the_running_one_ends()
    {
        var host = await DenoiserHost.StartAsync(TinyModel);
        using var place = host.Gate.Admit();
        using var running = await place.EnterAsync(Cancellation);
        using var waiting = host.Client.Denoise(cancellationToken: Cancellation);
        await DenoiseAnswer.SendAsync(waiting, LongCall(host, steps: 1));
        using var sending = host.Client.Denoise(cancellationToken: Cancellation);
        await sending.RequestStream.WriteAsync(LongCall(host, steps: 1).First(), Cancellation);
        await Eventually.TrueAsync(() => host.Gate is { Receiving: 1, Waiting: 1, Admitted: 2 }, "a call sends and another waits");

        var stopping = host.StopAsync();
        await RefusedAsync(waiting);
        await DenoiseAnswer.SendAsync(sending, LongCall(host, steps: 1).Skip(1));
        await RefusedAsync(sending);
        running.Dispose();
        await stopping;
        await host.DisposeAsync();
    }

    /// <summary>The caller gets the latents of the last step, and goes on from them elsewhere.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task A_running_call_is_handed_back_with_its_latents_when_its_caller_takes_checkpoints(int interval)
    {
        var host = await DenoiserHost.StartAsync(TinyModel, "--Denoiser:MaxSteps=10000", "--Stage:HandBackSeconds=0", "--Stage:DrainSeconds=60");
        // One that is handed back would take longer than any stop; the other one has to end.
        var steps = interval == 0 ? 60 : 10_000;
        var call = LongCall(host, steps).ToArray();
        (call[0].Parameters.LatentHeight, call[0].Parameters.LatentWidth, call[0].Parameters.CheckpointInterval) = (32, 32, interval);
        using var running = host.Client.Denoise(cancellationToken: Cancellation);
        await DenoiseAnswer.SendAsync(running, call);
        while (running.ResponseStream.Current?.Step is null)
        {
            Assert.True(await running.ResponseStream.MoveNext(Cancellation));
        }
        var stopping = host.StopAsync();
        var (step, checkpoint, isFinished) = (running.ResponseStream.Current.Step.Step, -1, false);
        RpcException? refused = null;
        try
        {
            while (await running.ResponseStream.MoveNext(Cancellation))
            {
                var answer = running.ResponseStream.Current;
                step = answer.Step?.Step ?? step;
                checkpoint = answer.Frame?.Header is { Name: "checkpoint" } header ? (int)header.Index : checkpoint;
                isFinished |= answer.Finished is not null;
            }
        }
        catch (RpcException exception)
        {
            refused = exception;
        }
        await stopping;
        await host.DisposeAsync();
        if (interval == 0)
        {
            Assert.True(isFinished);
            return;
        }
        Assert.Equal((StatusCode.Unavailable, FaultReasons.NotReady), (refused!.StatusCode, StageFaults.Read(refused)!.Reason));
        Assert.InRange(step, 1, steps - 1);
        Assert.Equal(step, checkpoint);
    }

    [Fact]
    public async Task The_weights_stay_while_a_call_computes()
    {
        var host = await DenoiserHost.StartAsync(TinyModel);
        var (loaded, readiness) = (host.Loaded, host.Readiness);
        var place = host.Gate.Admit();
        var slot = await place.EnterAsync(Cancellation);
        await host.StopAsync();
        var disposing = Task.Run(async () => await host.DisposeAsync(), Cancellation);
        await Task.Delay(50, Cancellation);
        Assert.False(disposing.IsCompleted);
        Run(loaded);
        slot.Dispose();
        place.Dispose();
        await disposing;
        Assert.False(readiness.IsReady);
        Assert.Throws<ObjectDisposedException>(() => Run(loaded));
    }

    [Fact]
    public async Task Calls_that_send_their_input_count_against_a_limit_of_their_own()
    {
        await using var host = await DenoiserHost.StartAsync(TinyModel, "--Stage:MaxQueuedCalls=0", "--Stage:MaxReceivingCalls=3");
        using (var first = host.Client.Denoise(cancellationToken: Cancellation))
        using (var second = host.Client.Denoise(cancellationToken: Cancellation))
        {
            foreach (var sending in new[] { first, second })
            {
                await sending.RequestStream.WriteAsync(LongCall(host, steps: 1).First(), Cancellation);
            }
            await Eventually.TrueAsync(() => host.Gate.Receiving == 2, "two calls send their input");
            await DenoiseAnswer.CallAsync(host.Client, LongCall(host, steps: 1), Cancellation);

            using var third = host.Client.Denoise(cancellationToken: Cancellation);
            await Eventually.TrueAsync(() => host.Gate.Receiving == 3, "three calls send their input");
            var refused = await Assert.ThrowsAsync<RpcException>(() => DenoiseAnswer.CallAsync(host.Client, LongCall(host, steps: 1), Cancellation));
            Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
            Assert.Equal(FaultReasons.Overloaded, StageFaults.Read(refused)!.Reason);
        }
        await host.IdleAsync();
        await DenoiseAnswer.CallAsync(host.Client, LongCall(host, steps: 1), Cancellation);
    }

    private static async Task RefusedAsync(AsyncDuplexStreamingCall<DenoiseRequest, DenoiseResponse> call)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Cancellation));
        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);
        Assert.Equal((FaultReasons.NotReady, true), (StageFaults.Read(refused)!.Reason, StageFaults.Read(refused)!.Retryable));
    }

    private static void Run(LoadedDenoiser loaded)
    {
        var prompt = new PromptEmbeds(4, Messages.Embeds(4, loaded.Transformer.Config.JointAttentionDim, 1));
        loaded.Run(new DenoiseJob { Grid = new LatentGrid(16, 4, 4, 2), Steps = 1, Prompt = prompt }, Cancellation);
    }

    private static IEnumerable<DenoiseRequest> LongCall(DenoiserHost host, int steps = 10000)
    {
        var width = host.Loaded.Transformer.Config.JointAttentionDim;
        return
        [
            Messages.Parameters(p => (p.LatentHeight, p.LatentWidth, p.NumInferenceSteps) = steps == 1 ? (8, 8, 1) : (96, 96, steps)),
            .. Messages.Tensor("prompt_embeds", Messages.Embeds(4, width, 1), 4, width),
        ];
    }
}
