using Grpc.Core;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.ServiceDefaults;
using QwenMesh.TensorWire;
using QwenMesh.Vae.Autoencoder;

namespace QwenMesh.Vae.Requests;

/// <summary>Latents of one call, checked: normalised, [C, height, width].</summary>
internal sealed record Latents(float[] Values, int Height, int Width);

/// <summary>
/// Reads the stream of a Decode call. Everything wrong with it is INVALID_ARGUMENT; sizes are checked when they are announced, before
/// their bytes are accepted.
/// </summary>
internal sealed class DecodeRequestReader(AutoencoderConfig config, long maxPixels, long maxTensorBytes)
{
    private const string TensorName = "latents";

    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public async Task<Latents> ReadAsync(IAsyncStreamReader<DecodeRequest> requests, CancellationToken cancellationToken)
    {
        if (!await requests.MoveNext(cancellationToken) || requests.Current.KindCase != DecodeRequest.KindOneofCase.Parameters)
        {
            throw Invalid("the first message must carry parameters");
        }
        using var assembler = new TensorAssembler(new TensorLimits(maxTensorBytes, MaxTensors: 1));
        try
        {
            while (await requests.MoveNext(cancellationToken))
            {
                var request = requests.Current;
                if (request.KindCase != DecodeRequest.KindOneofCase.Frame)
                {
                    throw Invalid("after the parameters only tensor frames may follow");
                }
                if (request.Frame.Header is { } header)
                {
                    CheckHeader(header);
                }
                assembler.Accept(request.Frame);
            }
            var tensors = assembler.Complete();
            if (!tensors.TryGetValue(TensorName, out var tensor))
            {
                throw Invalid($"the tensor '{TensorName}' is missing");
            }
            using (tensor)
            {
                return new Latents(tensor.ToFiniteFloats(), (int)tensor.Shape[1], (int)tensor.Shape[2]);
            }
        }
        catch (WireFormatException wrong)
        {
            throw Invalid(wrong.Message);
        }
    }

    private void CheckHeader(TensorHeader header)
    {
        if (header.Name != TensorName)
        {
            throw Invalid($"the only tensor is '{TensorName}', found '{Echo.Name(header.Name)}'");
        }
        if (header.Dtype is not (DataType.Float32 or DataType.Float16 or DataType.Bfloat16))
        {
            throw Invalid($"tensor '{TensorName}' must be FLOAT32, FLOAT16 or BFLOAT16, found {header.Dtype}");
        }
        if (header.Shape.Count != 3 || header.Shape[0] != config.ZDim || header.Shape[1] < 1 || header.Shape[2] < 1)
        {
            throw Invalid($"tensor '{TensorName}' must have the shape [{config.ZDim}, height, width], found {TensorFrames.DescribeShape(header)}");
        }
        var maxCells = maxPixels / ((long)config.ScaleFactor * config.ScaleFactor);
        if (header.Shape[1] > maxCells / header.Shape[2])
        {
            throw Invalid(
                $"a picture of {header.Shape[2]}x{header.Shape[1]} latent cells exceeds the limit of {maxPixels} pixels ({maxCells} cells)");
        }
    }

    private static RpcException Invalid(string detail) => StageFaults.InvalidRequest(VaeService.Stage, detail);
}
