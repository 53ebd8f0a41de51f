using QwenMesh.Protocol.V1;
using QwenMesh.StageHost.Calls;
using QwenMesh.TensorWire;

namespace QwenMesh.StageHost.Tests.Calls;

/// <summary>What a call has brought: the bytes of its "reference" tensors, in order.</summary>
internal sealed record FakeJob(DenoiseParameters Parameters, IReadOnlyList<byte[]> References);

/// <summary>A streaming method with the Denoiser's messages, and sessions that do as a test says.</summary>
internal sealed class FakeMethod(FakeWork work) : StageMethod<DenoiseRequest, DenoiseParameters, DenoiseResponse, FakeJob>
{
    public const string Feature = "fake";

    public override IReadOnlyCollection<string> Features { get; } = [Feature];

    public override DenoiseParameters? ParametersOf(DenoiseRequest request) => request.Parameters;

    public override TensorFrame? FrameOf(DenoiseRequest request) => request.Frame;

    public override DenoiseResponse Started(FakeJob job, CallStarted call) =>
        new() { Started = new DenoiseStarted { Call = call, ImageTokens = job.References.Count } };

    public override DenoiseResponse Wrap(TensorFrame frame) => new() { Frame = frame };

    public override DenoiseResponse Wrap(CallFinished finished) => new() { Finished = finished };

    public override IReadOnlyList<string> RequiredFeatures(DenoiseParameters parameters) => parameters.RequiredFeatures;

    public override ICallInput<FakeJob> Check(DenoiseParameters parameters) => parameters.NumInferenceSteps > 0
        ? new Input(parameters, work)
        : throw new WireFormatException($"num_inference_steps is {parameters.NumInferenceSteps}", "parameters.num_inference_steps");

    public override bool TryAnswer(FakeJob job, StageOutput<DenoiseResponse> output) => work.Known is { } answer && answer(job, output);

    public override IStageSession Begin(FakeJob job, StageOutput<DenoiseResponse> output) => work.Begin(job, output);

    private sealed class Input(DenoiseParameters parameters, FakeWork work) : ICallInput<FakeJob>
    {
        public int MaxTensors => 4;

        public void CheckHeader(TensorHeader header)
        {
            if (header.Name != "reference")
            {
                throw new WireFormatException($"tensor {WireTensor.Label(header.Name, header.Index)} is not known");
            }
        }

        public FakeJob Join(ReceivedTensors tensors)
        {
            work.Joining?.Invoke();
            return new FakeJob(parameters, [.. tensors.Series("reference").Select(tensor => tensor.Bytes.ToArray())]);
        }
    }
}
