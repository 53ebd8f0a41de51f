using Microsoft.Extensions.Options;
using QwenMesh.Imaging;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost.Calls;
using QwenMesh.TensorWire;

namespace QwenMesh.Vae;

/// <summary>An Encode call, checked.</summary>
/// <param name="Picture">UINT8 [height, width, 3]; whoever runs the job disposes it.</param>
/// <param name="Height">Rows to encode at, in pixels.</param>
/// <param name="Width">Columns.</param>
internal sealed record EncodeJob(WireTensor Picture, int Height, int Width);

/// <summary>VaeStage.Encode: a picture to the posterior of its latents.</summary>
internal sealed class EncodeMethod(VaeModel model, VaeInstrumentation instrumentation, IOptions<VaeOptions> options)
    : StageMethod<VaeEncodeRequest, VaeEncodeParameters, VaeEncodeResponse, EncodeJob>
{
    public override IReadOnlyCollection<string> Features => VaeModel.Features;

    public override VaeEncodeParameters? ParametersOf(VaeEncodeRequest request) => request.Parameters;

    public override TensorFrame? FrameOf(VaeEncodeRequest request) => request.Frame;

    public override VaeEncodeResponse Started(EncodeJob job, CallStarted call) => new() { Started = call };

    public override VaeEncodeResponse Wrap(TensorFrame frame) => new() { Frame = frame };

    public override VaeEncodeResponse Wrap(CallFinished finished) => new() { Finished = finished };

    public override IReadOnlyList<string> RequiredFeatures(VaeEncodeParameters parameters) => parameters.RequiredFeatures;

    public override ICallInput<EncodeJob> Check(VaeEncodeParameters parameters) =>
        EncodeInput.Of(parameters, model.Demand().Config.ScaleFactor, options.Value.MaxPixels);

    public override IStageSession Begin(EncodeJob job, StageOutput<VaeEncodeResponse> output) => new PictureSession(
        cancellation =>
        {
            var encoder = model.Demand().Encoder;
            var posterior = instrumentation.Encode(job.Width, job.Height, () =>
            {
                var sent = new RgbImage((int)job.Picture.Shape[1], (int)job.Picture.Shape[0], job.Picture.Bytes);
                return encoder.Encode(ImageResizer.Resize(sent, job.Width, job.Height), cancellation);
            });
            output.Post(new OutgoingTensor(
                "posterior", DataType.Float32, [2 * posterior.Channels, posterior.Height, posterior.Width], posterior.Bytes));
        },
        job.Picture);
}
