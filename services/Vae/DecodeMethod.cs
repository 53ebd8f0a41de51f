using Microsoft.Extensions.Options;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost.Calls;
using QwenMesh.TensorWire;
using QwenMesh.Vae.Autoencoder;
using QwenMesh.Vae.Pixels;

namespace QwenMesh.Vae;

/// <summary>A Decode call, checked.</summary>
/// <param name="IsFloat">Whether the picture is wanted as FLOAT32.</param>
internal sealed record DecodeJob(Latents Latents, bool IsFloat);

/// <summary>VaeStage.Decode: latents to a picture.</summary>
internal sealed class DecodeMethod(VaeModel model, VaeInstrumentation instrumentation, IOptions<VaeOptions> options)
    : StageMethod<VaeDecodeRequest, VaeDecodeParameters, VaeDecodeResponse, DecodeJob>
{
    public override IReadOnlyCollection<string> Features => VaeModel.Features;

    public override VaeDecodeParameters? ParametersOf(VaeDecodeRequest request) => request.Parameters;

    public override TensorFrame? FrameOf(VaeDecodeRequest request) => request.Frame;

    public override VaeDecodeResponse Started(DecodeJob job, CallStarted call) => new() { Started = call };

    public override VaeDecodeResponse Wrap(TensorFrame frame) => new() { Frame = frame };

    public override VaeDecodeResponse Wrap(CallFinished finished) => new() { Finished = finished };

    public override IReadOnlyList<string> RequiredFeatures(VaeDecodeParameters parameters) => parameters.RequiredFeatures;

    public override ICallInput<DecodeJob> Check(VaeDecodeParameters parameters) => parameters.OutputDtype switch
    {
        DataType.Uint8 or DataType.Float32 => new Input(model.Demand().Config, options.Value.MaxPixels, parameters.OutputDtype == DataType.Float32),
        DataType.Unspecified => throw new WireFormatException("output_dtype is required", "parameters.output_dtype"),
        var other => throw new WireFormatException($"output_dtype is {other}; UINT8 or FLOAT32 is accepted", "parameters.output_dtype"),
    };

    public override IStageSession Begin(DecodeJob job, StageOutput<VaeDecodeResponse> output) => new PictureSession(cancellation =>
    {
        var loaded = model.Demand();
        var (latents, factor) = (job.Latents, loaded.Config.ScaleFactor);
        var (width, height) = (latents.Width * factor, latents.Height * factor);
        var bytes = instrumentation.Decode(
            width, height, () => job.IsFloat ? loaded.Decoder.DecodeValues(latents, cancellation) : loaded.Decoder.Decode(latents, cancellation).Pixels);
        output.Post(new OutgoingTensor("image", job.IsFloat ? DataType.Float32 : DataType.Uint8, [height, width, 3], bytes));
    });

    private sealed class Input(AutoencoderConfig config, long maxPixels, bool isFloat) : ICallInput<DecodeJob>
    {
        private const string Name = "latents";

        public int MaxTensors => 1;

        // Sizes are checked when they are announced, before their bytes are accepted.
        public void CheckHeader(TensorHeader header)
        {
            if (header.Name != Name || header.Index != 0)
            {
                throw new WireFormatException($"the only tensor is '{Name}', found {WireTensor.Label(header.Name, header.Index)}");
            }
            if (header.Dtype is not (DataType.Float32 or DataType.Float16 or DataType.Bfloat16))
            {
                throw new WireFormatException($"tensor '{Name}' must be FLOAT32, FLOAT16 or BFLOAT16, found {header.Dtype}");
            }
            if (header.Shape.Count != 3 || header.Shape[0] != config.ZDim || header.Shape[1] < 1 || header.Shape[2] < 1)
            {
                throw new WireFormatException($"tensor '{Name}' must have the shape [{config.ZDim}, height, width], found {TensorFrames.DescribeShape(header)}");
            }
            var maxCells = maxPixels / ((long)config.ScaleFactor * config.ScaleFactor);
            if (header.Shape[1] > maxCells / header.Shape[2])
            {
                throw new WireFormatException(
                    $"a picture of {header.Shape[2]}x{header.Shape[1]} latent cells exceeds the limit of {maxPixels} pixels ({maxCells} cells)");
            }
        }

        public DecodeJob Join(ReceivedTensors tensors)
        {
            var latents = tensors.Demand(Name);
            return new DecodeJob(new Latents(latents.ToFiniteFloats(), (int)latents.Shape[1], (int)latents.Shape[2]), isFloat);
        }
    }
}
