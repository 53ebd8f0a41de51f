using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Routing;

/// <summary>Generated clients through the Gateway's gRPC port.</summary>
public sealed class GrpcIngressTests
{
    private static OutgoingTensor Embeds => new("prompt_embeds", DataType.Float32, [7, 128], FakeEncoder.Embedding("x"));

    [Fact]
    public async Task All_three_stages_are_reached()
    {
        await using var mesh = await FakeMesh.StartAsync();
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        using var encode = new EncoderStage.EncoderStageClient(channel).Encode(deadline: DateTime.UtcNow.AddSeconds(60));
        using var denoise = new DenoiserStage.DenoiserStageClient(channel).Denoise(deadline: DateTime.UtcNow.AddSeconds(60));
        using var decode = new VaeStage.VaeStageClient(channel).Decode(deadline: DateTime.UtcNow.AddSeconds(60));
        Assert.Equal(("encoder", FaultReasons.InvalidRequest), await RefusalAsync(encode));
        Assert.Equal(("denoiser", FaultReasons.InvalidRequest), await RefusalAsync(denoise));
        Assert.Equal(("vae", FaultReasons.InvalidRequest), await RefusalAsync(decode));
    }

    [Fact]
    public async Task Streams_flow_both_ways_while_the_call_runs()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var hold = new TaskCompletionSource();
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        mesh.Denoiser.Service.HoldHalfway = true;
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        using var call = new DenoiserStage.DenoiserStageClient(channel).Denoise(deadline: DateTime.UtcNow.AddSeconds(60));
        var parameters = new DenoiseParameters { LatentHeight = 32, LatentWidth = 32, NumInferenceSteps = 5, Scheduler = Scheduler.Checkpoint, Seed = 3 };
        await call.RequestStream.WriteAsync(new DenoiseRequest { Parameters = parameters });
        foreach (var frame in TensorFrames.Split(Embeds, id: 0, 500))
        {
            await call.RequestStream.WriteAsync(new DenoiseRequest { Frame = frame });
        }
        await call.RequestStream.CompleteAsync();

        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(DenoiseResponse.KindOneofCase.Started, call.ResponseStream.Current.KindCase);
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(DenoiseResponse.KindOneofCase.Step, call.ResponseStream.Current.KindCase);
        hold.SetResult();
        using var assembler = new TensorAssembler(new TensorLimits());
        CallFinished? finished = null;
        while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
            if (call.ResponseStream.Current.Frame is { } frame)
            {
                assembler.Accept(frame);
            }
            finished = call.ResponseStream.Current.Finished;
        }
        Assert.Equal(0.5, finished?.ComputeSeconds);
        using var tensors = assembler.Complete();
        Assert.Equal([16, 32, 32], tensors.Demand("latents").Shape);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Status_and_trailers_of_a_fault_arrive()
    {
        await using var mesh = await FakeMesh.StartAsync();
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        using var call = new EncoderStage.EncoderStageClient(channel).Encode(deadline: DateTime.UtcNow.AddSeconds(60));
        await call.RequestStream.WriteAsync(new EncodeRequest { Parameters = new EncodeParameters { Prompts = { "x" } } });
        await call.RequestStream.CompleteAsync();
        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(StatusCode.InvalidArgument, exception.StatusCode);
        Assert.Equal("encoder", StageFaults.Read(exception)?.Stage);
    }

    [Fact]
    public async Task Deadlines_and_metadata_pass_through()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Encoder.Service.Calls.Hold = new TaskCompletionSource().Task;
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        var headers = new Metadata { { "x-tenant", "blue" }, { "mark-bin", [1, 2, 255] } };
        var calls = mesh.Encoder.Service.Calls;
        // Until the call has come to the stage before its deadline passes, which takes longer where the machine is busy.
        for (var seconds = 1; !calls.Reached.Task.IsCompleted; seconds *= 2)
        {
            Assert.True(seconds < 60, "no call comes to the stage");
            var refused = await Assert.ThrowsAsync<RpcException>(() => EncodeAsync(channel, headers, DateTime.UtcNow.AddSeconds(seconds)));
            Assert.Equal(StatusCode.DeadlineExceeded, refused.StatusCode);
        }
        await calls.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        var seen = calls.Headers.Last();
        Assert.Equal("blue", seen.GetValue("x-tenant"));
        Assert.Equal([1, 2, 255], seen.GetValueBytes("mark-bin"));
        Assert.DoesNotContain(DateTime.MaxValue, calls.Deadlines);
    }

    [Fact]
    public async Task A_client_that_cancels_stops_the_stage()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Encoder.Service.Calls.Hold = new TaskCompletionSource().Task;
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        using (var call = new EncoderStage.EncoderStageClient(channel).Encode(deadline: DateTime.UtcNow.AddSeconds(60)))
        {
            await call.RequestStream.WriteAsync(new EncodeRequest { Parameters = new EncodeParameters { Prompts = { "x" }, Template = PromptTemplate.TextToImage } });
            await call.RequestStream.CompleteAsync();
            await mesh.Encoder.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        }
        await mesh.Encoder.Service.Calls.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Forwarded_and_orchestrated_calls_share_one_count()
    {
        await using var mesh = await FakeMesh.StartAsync(denoisers: 2);
        var hold = new TaskCompletionSource();
        foreach (var denoiser in mesh.Denoisers)
        {
            denoiser.Service.Calls.Hold = hold.Task;
        }
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        var direct = new List<Task>();
        for (var i = 1; i <= 3; i++)
        {
            direct.Add(DenoiseAsync(channel));
            await Eventually.TrueAsync(() => mesh.Denoisers.Sum(denoiser => denoiser.Service.Calls.Running) == i, "the call is running");
        }
        var orchestrated = mesh.Gateway.PostAsync("/v1/infer", """{"prompt":"x","width":512,"height":512}""");
        await Eventually.TrueAsync(() => mesh.Denoisers.All(denoiser => denoiser.Service.Calls.Running == 2), "the fourth call goes where fewer are");
        hold.SetResult();
        await Task.WhenAll(direct);
        using var response = await orchestrated;
        await Artifact.ReadAsync(response);
    }

    [Fact]
    public async Task A_replica_that_is_gone_is_left_out()
    {
        await using var mesh = await FakeMesh.StartAsync(denoisers: 2);
        await mesh.Denoisers[0].KillAsync();
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        var client = new DenoiserStage.DenoiserStageClient(channel);
        var inARow = 0;
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                using var call = client.Denoise(deadline: DateTime.UtcNow.AddSeconds(60));
                Assert.Equal(("denoiser", FaultReasons.InvalidRequest), await RefusalAsync(call));
                return ++inARow == 20;
            }
            catch (RpcException exception)
            {
                Assert.Equal(StatusCode.Unavailable, exception.StatusCode);
                inARow = 0;
                return false;
            }
        }, "twenty calls in a row succeed");
    }

    [Fact]
    public async Task Other_services_are_unimplemented_and_stages_are_not_on_the_http_port()
    {
        await using var mesh = await FakeMesh.StartAsync();
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        var exception = await Assert.ThrowsAsync<RpcException>(async () => await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest()));
        Assert.Equal(StatusCode.Unimplemented, exception.StatusCode);

        using var response = await mesh.Gateway.PostAsync("/qwenmesh.v1.EncoderStage/Encode", "");
        Assert.Equal(System.Net.HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task The_trace_goes_through()
    {
        await using var mesh = await FakeMesh.StartAsync();
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        var headers = new Metadata { { "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" } };
        using var call = new EncoderStage.EncoderStageClient(channel).Encode(headers, DateTime.UtcNow.AddSeconds(60));
        await call.RequestStream.WriteAsync(new EncodeRequest { Parameters = new EncodeParameters { Prompts = { "x" }, Template = PromptTemplate.TextToImage } });
        await call.RequestStream.CompleteAsync();
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c-", Assert.Single(mesh.Encoder.Service.Calls.Headers).GetValue("traceparent"), StringComparison.Ordinal);
    }

    // Nothing is sent; the stage says so itself.
    private static async Task<(string Stage, string Reason)> RefusalAsync<TRequest, TResponse>(AsyncDuplexStreamingCall<TRequest, TResponse> call)
    {
        await call.RequestStream.CompleteAsync();
        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        return StageFaults.Read(exception) is { } fault ? (fault.Stage, fault.Reason) : throw exception;
    }

    private static async Task EncodeAsync(GrpcChannel channel, Metadata headers, DateTime deadline)
    {
        using var call = new EncoderStage.EncoderStageClient(channel).Encode(headers, deadline);
        await call.RequestStream.WriteAsync(new EncodeRequest { Parameters = new EncodeParameters { Prompts = { "x" }, Template = PromptTemplate.TextToImage } });
        await call.RequestStream.CompleteAsync();
        while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
        }
    }

    private static async Task DenoiseAsync(GrpcChannel channel)
    {
        using var call = new DenoiserStage.DenoiserStageClient(channel).Denoise(deadline: DateTime.UtcNow.AddSeconds(60));
        var parameters = new DenoiseParameters { LatentHeight = 16, LatentWidth = 16, NumInferenceSteps = 5, Scheduler = Scheduler.Checkpoint };
        await call.RequestStream.WriteAsync(new DenoiseRequest { Parameters = parameters });
        foreach (var frame in TensorFrames.Split(Embeds, id: 0))
        {
            await call.RequestStream.WriteAsync(new DenoiseRequest { Frame = frame });
        }
        await call.RequestStream.CompleteAsync();
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
        }
    }
}
