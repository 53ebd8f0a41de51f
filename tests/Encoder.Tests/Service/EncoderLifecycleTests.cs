using System.Net;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.Options;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.Testing;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace QwenMesh.Encoder.Tests.Service;

public sealed class EncoderLifecycleTests
{
    [Fact]
    public async Task Health_follows_the_loading_of_the_model()
    {
        var load = new TaskCompletionSource();
        await using var host = await EncoderHost.StartLoadingAsync(load.Task);
        var health = new Health.HealthClient(host.Channel);

        Assert.Equal(ServingStatus.NotServing, (await health.CheckAsync(new HealthCheckRequest())).Status);
        Assert.Equal(HttpStatusCode.OK, (await host.Http.GetAsync("/health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await host.Http.GetAsync("/health/ready")).StatusCode);
        var early = await Assert.ThrowsAsync<RpcException>(() => EncodeCall.OfAsync(host.Client, "early"));
        Assert.Equal(StatusCode.Unavailable, early.StatusCode);
        Assert.Equal((FaultReasons.NotReady, true), (StageFaults.Read(early)!.Reason, StageFaults.Read(early)!.Retryable));
        Assert.Equal(
            StatusCode.Unavailable,
            (await Assert.ThrowsAsync<RpcException>(async () => await host.Info.GetModelInfoAsync(new GetModelInfoRequest()))).StatusCode);

        load.SetResult();
        await Eventually.TrueAsync(
            async () => (await host.Http.GetAsync("/health/ready", TestContext.Current.CancellationToken)).StatusCode == HttpStatusCode.OK,
            "the stage is ready");
        Assert.Equal(ServingStatus.Serving, (await health.CheckAsync(new HealthCheckRequest())).Status);
        Assert.True((await EncodeCall.OfAsync(host.Client, "in time")).Prompt.Tokens > 0);
    }

    [Fact]
    public async Task At_the_stop_signal_waiting_calls_are_handed_back()
    {
        await using var host = await EncoderHost.StartAsync();
        using var running = await host.HoldSlotAsync();
        Task<EncodeCall>[] calls = [.. Enumerable.Range(0, 3).Select(_ => EncodeCall.OfAsync(host.Client, "waiting"))];
        await Eventually.TrueAsync(() => host.Gate.Waiting == 3, "all calls wait");
        var stopping = host.StopAsync();
        foreach (var call in calls)
        {
            var handedBack = await Assert.ThrowsAsync<RpcException>(() => call);
            Assert.Equal(StatusCode.Unavailable, handedBack.StatusCode);
        }
        running.Dispose();
        await stopping;
    }

    [Fact]
    public async Task Wrong_settings_stop_the_start_and_are_all_named()
    {
        var stopped = await Assert.ThrowsAnyAsync<Exception>(
            () => EncoderHost.StartLoadingAsync(Task.CompletedTask, "--Encoder:CacheBytes=-1", "--Encoder:MaxPromptLength=0", "--Stage:MaxQueuedCalls=-1"));
        var messages = string.Join('\n', stopped is AggregateException several
            ? several.InnerExceptions.OfType<OptionsValidationException>().SelectMany(fault => fault.Failures)
            : ((OptionsValidationException)stopped).Failures);
        Assert.Contains("Encoder:CacheBytes", messages, StringComparison.Ordinal);
        Assert.Contains("Encoder:MaxPromptLength", messages, StringComparison.Ordinal);
        Assert.Contains("Stage:MaxQueuedCalls", messages, StringComparison.Ordinal);
    }
}
