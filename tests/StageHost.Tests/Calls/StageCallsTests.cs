using Grpc.Core;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;
using QwenMesh.Testing;
using static QwenMesh.StageHost.Tests.Calls.FakeCalls;

namespace QwenMesh.StageHost.Tests.Calls;

/// <summary>What every streaming call of every stage has in common, over Kestrel and HTTP/2.</summary>
public sealed class StageCallsTests
{
    [Fact]
    public async Task Parameters_and_tensors_give_started_progress_tensors_and_finished()
    {
        await using var stage = await FakeStage.StartAsync();
        var latents = new byte[1_000_000];
        Random.Shared.NextBytes(latents);
        stage.Work.Part = (part, output, _) =>
        {
            output.Post(new DenoiseResponse { Step = new DenoiseStep { Step = part } });
            if (part == 3)
            {
                output.Post(new OutgoingTensor("preview", DataType.Uint8, [1], new byte[] { 9 }, Index: 3));
                output.Post(new OutgoingTensor("latents", DataType.Uint8, [latents.Length], latents));
            }
            return part < 3;
        };
        byte[] first = [1, 2, 3], second = new byte[2500];
        second[^1] = 7;
        // The second reference is sent around the first.
        DenoiseRequest[] frames = [.. Reference(5, 1, second)];
        var answer = await stage.CompleteAsync([Parameters(FakeMethod.Feature), frames[0], frames[1], .. Reference(9, 0, first), .. frames[2..]]);

        Assert.Equal([first, second], stage.Work.Job!.References);
        var kinds = answer.Select(message => message.KindCase).ToArray();
        Assert.Equal(
            [DenoiseResponse.KindOneofCase.Started, DenoiseResponse.KindOneofCase.Step, DenoiseResponse.KindOneofCase.Step, DenoiseResponse.KindOneofCase.Step],
            kinds[..4]);
        Assert.All(kinds[4..^1], kind => Assert.Equal(DenoiseResponse.KindOneofCase.Frame, kind));
        Assert.Equal(2, answer[0].Started.ImageTokens);
        Assert.InRange(answer[0].Started.Call.QueueSeconds, 0, 60);
        Assert.True(answer[^1].Finished.ComputeSeconds > 0);

        using var assembler = new TensorAssembler(new TensorLimits());
        foreach (var message in answer.Where(message => message.Frame is not null))
        {
            assembler.Accept(message.Frame);
        }
        using var tensors = assembler.Complete();
        Assert.Equal(9, tensors.Demand("preview", 3).Bytes.Span[0]);
        Assert.True(latents.AsSpan().SequenceEqual(tensors.Demand("latents").Bytes.Span));
        Assert.Equal((3, 1), (stage.Work.Parts, stage.Work.Disposed));
        await stage.IdleAsync();
    }

    /// <summary>Nothing is computed until the caller has half-closed, and no place is taken.</summary>
    [Fact]
    public async Task An_input_that_is_not_ended_is_not_computed()
    {
        await using var stage = await FakeStage.StartAsync();
        using var call = await stage.SendingAsync([Parameters(), .. Reference(0, 0, [1])]);
        Assert.Equal(DenoiseResponse.KindOneofCase.Started, (await stage.CompleteAsync(Parameters()))[0].KindCase);
        // The two calls come over streams of their own: the second may end before the first has begun.
        await Eventually.TrueAsync(() => stage.Gate.Receiving == 1, "the first call is received");
        Assert.Equal((0, 1), (stage.Gate.Running, stage.Work.Parts));
        await call.RequestStream.CompleteAsync();
        await EndAsync(call);
        Assert.Equal(2, stage.Work.Parts);
    }

    [Fact]
    public async Task An_answer_that_is_known_takes_neither_place_nor_slot()
    {
        await using var stage = await FakeStage.StartAsync("--Stage:MaxConcurrentCalls=1", "--Stage:MaxQueuedCalls=0");
        stage.Work.Known = (job, output) =>
        {
            output.Post(new DenoiseResponse { Started = new DenoiseStarted { ImageTokens = job.References.Count } });
            return true;
        };
        using var place = stage.Gate.Admit();
        using var slot = await place.EnterAsync(TestContext.Current.CancellationToken);
        var answer = await stage.CompleteAsync(Parameters());
        Assert.Equal([DenoiseResponse.KindOneofCase.Started, DenoiseResponse.KindOneofCase.Finished], answer.Select(message => message.KindCase));
        Assert.Equal(0, answer[1].Finished.ComputeSeconds);
        stage.Work.Known = (_, _) => false;
        Assert.Equal(FaultReasons.Overloaded, (await FaultAsync(() => stage.CompleteAsync(Parameters()))).Fault.Reason);
    }

    [Fact]
    public async Task A_feature_that_the_stage_lacks_is_refused_before_anything_else()
    {
        await using var stage = await FakeStage.StartAsync();
        var request = Parameters(FakeMethod.Feature, "time_travel");
        request.Parameters.NumInferenceSteps = -1;
        var (code, fault) = await FaultAsync(() => stage.CompleteAsync(request));
        Assert.Equal((StatusCode.Unimplemented, FaultReasons.FeatureMissing, false), (code, fault.Reason, fault.Retryable));
        Assert.Contains("'time_travel'", fault.Detail, StringComparison.Ordinal);
        Assert.Equal("parameters.required_features", Assert.Single(fault.Fields).Field);
        Assert.Equal(0, stage.Work.Parts);
    }

    public static TheoryData<string, DenoiseRequest[]> Wrong => new()
    {
        { "the call carries no message", [] },
        { "found a tensor frame", [.. Reference(0, 0, [1])] },
        { "found a message of no kind", [new DenoiseRequest()] },
        { "found a second set of parameters", [Parameters(), Parameters()] },
        { "found a message of no kind", [Parameters(), new DenoiseRequest()] },
        { "tensor 'reference' is missing", [Parameters(), .. Reference(0, 1, [1])] },
        { "tensor 'mask' is not known", [Parameters(), new DenoiseRequest { Frame = new TensorFrame { Header = new TensorHeader { Name = "mask", Dtype = DataType.Uint8, Shape = { 1 }, ByteLength = 1 } } }] },
        { "ended after 0 of 1 bytes", [Parameters(), Reference(0, 0, [1]).First()] },
        { "more than 4 tensors", [Parameters(), .. Enumerable.Range(0, 5).SelectMany(i => Reference((uint)i, i, [1]))] },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public async Task What_breaks_the_contract_is_refused(string named, DenoiseRequest[] requests)
    {
        await using var stage = await FakeStage.StartAsync();
        var (code, fault) = await FaultAsync(() => stage.CompleteAsync(requests));
        Assert.Equal((StatusCode.InvalidArgument, FaultReasons.InvalidRequest, false), (code, fault.Reason, fault.Retryable));
        Assert.Contains(named, fault.Detail, StringComparison.Ordinal);
        await stage.IdleAsync();
        Assert.Empty(stage.Log.Errors);
    }

    [Fact]
    public async Task The_field_at_fault_is_named()
    {
        await using var stage = await FakeStage.StartAsync();
        var (_, fault) = await FaultAsync(() => stage.CompleteAsync(new DenoiseRequest { Parameters = new DenoiseParameters() }));
        Assert.Equal([("parameters.num_inference_steps", "num_inference_steps is 0")], fault.Fields);
    }

    [Fact]
    public async Task A_stage_tells_what_it_has_loaded()
    {
        await using var stage = await FakeStage.StartAsync("--Stage:MaxQueuedCalls=5");
        var info = await new StageInfo.StageInfoClient(stage.Channel).GetModelInfoAsync(
            new GetModelInfoRequest(), deadline: DateTime.UtcNow.AddSeconds(60), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(("fake", "transformer", 5, 1), (info.ModelId, info.Component, info.Limits.MaxQueuedCalls, info.Limits.MaxConcurrentCalls));
        Assert.Equal([FakeMethod.Feature], info.Features);
        Assert.Matches("^[0-9]+\\.[0-9]+\\.[0-9]+", info.SoftwareVersion);
        Assert.Matches("^[0-9a-f]{32}$", info.InstanceId);
    }
}
