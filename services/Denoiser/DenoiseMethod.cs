using Microsoft.Extensions.Options;
using QwenMesh.Denoiser.Requests;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost.Calls;

namespace QwenMesh.Denoiser;

/// <summary>DenoiserStage.Denoise.</summary>
internal sealed class DenoiseMethod(DenoiserModel model, DenoiserInstrumentation instrumentation, IOptions<DenoiserOptions> options)
    : StageMethod<DenoiseRequest, DenoiseParameters, DenoiseResponse, DenoiseJob>
{
    public override IReadOnlyCollection<string> Features => model.Features;

    public override DenoiseParameters? ParametersOf(DenoiseRequest request) => request.Parameters;

    public override TensorFrame? FrameOf(DenoiseRequest request) => request.Frame;

    public override DenoiseResponse Started(DenoiseJob job, CallStarted call)
    {
        var schedule = FlowMatchSchedule.For(model.Demand().Scheduler, job);
        return new()
        {
            Started = new DenoiseStarted { Call = call, Sigmas = { schedule.Sigmas[job.StartStep..] }, ImageTokens = job.Grid.Tokens, Guided = job.IsGuided },
        };
    }

    public override DenoiseResponse Wrap(TensorFrame frame) => new() { Frame = frame };

    public override DenoiseResponse Wrap(CallFinished finished) => new() { Finished = finished };

    public override IReadOnlyList<string> RequiredFeatures(DenoiseParameters parameters) => parameters.RequiredFeatures;

    public override ICallInput<DenoiseJob> Check(DenoiseParameters parameters) =>
        DenoiseInput.From(parameters, DenoiserLimits.Of(model.Demand(), options.Value));

    public override IStageSession Begin(DenoiseJob job, StageOutput<DenoiseResponse> output) => new DenoiseSession(model.Demand(), job, output, instrumentation);
}
