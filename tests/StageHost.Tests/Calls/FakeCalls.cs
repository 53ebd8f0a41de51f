using Grpc.Core;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.StageHost.Tests.Calls;

using Call = AsyncDuplexStreamingCall<DenoiseRequest, DenoiseResponse>;

/// <summary>Calls to a <see cref="FakeStage"/> and how they end. Each has a deadline, so that no test hangs.</summary>
internal static class FakeCalls
{
    private static DateTime Bound => DateTime.UtcNow.AddSeconds(60);

    public static DenoiseRequest Parameters(params string[] features) =>
        new() { Parameters = new DenoiseParameters { NumInferenceSteps = 1, RequiredFeatures = { features } } };

    public static IEnumerable<DenoiseRequest> Reference(uint id, int index, byte[] bytes) =>
        TensorFrames.Split(new OutgoingTensor("reference", DataType.Uint8, [bytes.Length], bytes, index), id, 1000).Select(frame => new DenoiseRequest { Frame = frame });

    public static Call Begin(this FakeStage stage, CancellationToken cancellation = default) => stage.Client.Denoise(deadline: Bound, cancellationToken: cancellation);

    /// <summary>A call that has sent these messages and not ended its input. The stage may have ended it meanwhile, as whoever reads the answer sees.</summary>
    public static async Task<Call> SendingAsync(this FakeStage stage, params DenoiseRequest[] requests)
    {
        var call = stage.Begin();
        await SendAsync(call, requests);
        return call;
    }

    /// <summary>A complete call's answer.</summary>
    public static async Task<IReadOnlyList<DenoiseResponse>> CompleteAsync(this FakeStage stage, params DenoiseRequest[] requests)
    {
        using var call = stage.Begin();
        await SendAsync(call, requests);
        await EndInputAsync(call);
        var answer = new List<DenoiseResponse>();
        await foreach (var message in call.ResponseStream.ReadAllAsync(CancellationToken.None))
        {
            answer.Add(message);
        }
        return answer;
    }

    /// <summary>What a call fails with, by its details.</summary>
    public static async Task<(StatusCode Code, StageFault Fault)> FaultAsync(Func<Task> call)
    {
        var failed = await Assert.ThrowsAsync<RpcException>(call);
        var fault = StageFaults.Read(failed);
        Assert.True(fault is not null, $"no details with {failed.Status}");
        Assert.Equal("denoiser", fault.Stage);
        return (failed.StatusCode, fault);
    }

    /// <summary>Reads the answer to its end, which is a failure.</summary>
    public static Task<(StatusCode Code, StageFault Fault)> FaultAsync(Call call) => FaultAsync(() => EndAsync(call));

    public static async Task EndAsync(Call call)
    {
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
        }
    }

    public static async Task EndInputAsync(Call call)
    {
        try
        {
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception ended) when (ended is RpcException or InvalidOperationException)
        {
            // The stage has answered already.
        }
    }

    private static async Task SendAsync(Call call, DenoiseRequest[] requests)
    {
        try
        {
            foreach (var request in requests)
            {
                await call.RequestStream.WriteAsync(request);
            }
        }
        catch (Exception refused) when (refused is RpcException or InvalidOperationException)
        {
            // The status comes with the answer.
        }
    }
}
