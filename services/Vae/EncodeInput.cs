using QwenMesh.Protocol.V1;
using QwenMesh.StageHost.Calls;
using QwenMesh.TensorWire;

namespace QwenMesh.Vae;

/// <summary>
/// What an Encode call sends: the tensor "image", checked when it is announced. The limit of pixels is for the size that is encoded; a picture that
/// is resized first may be as large as the stage takes tensors.
/// </summary>
internal sealed class EncodeInput : ICallInput<EncodeJob>
{
    /// <summary>Pixels of a side at most: resizing keeps weights for each pixel of a side.</summary>
    public const int MaxSide = 1 << 16;

    private const string Name = "image";

    private readonly int _scaleFactor;
    private readonly long _maxPixels;
    private readonly (int Height, int Width)? _size;

    private EncodeInput(int scaleFactor, long maxPixels, (int Height, int Width)? size) =>
        (_scaleFactor, _maxPixels, _size) = (scaleFactor, maxPixels, size);

    public int MaxTensors => 1;

    /// <exception cref="WireFormatException">A size that cannot be encoded.</exception>
    public static EncodeInput Of(VaeEncodeParameters parameters, int scaleFactor, long maxPixels)
    {
        var (height, width) = (parameters.Height, parameters.Width);
        if (height == 0 && width == 0)
        {
            return new EncodeInput(scaleFactor, maxPixels, null);
        }
        CheckSide(height, "height");
        CheckSide(width, "width");
        CheckArea(height, width, maxPixels, "parameters.height");
        return new EncodeInput(scaleFactor, maxPixels, (height, width));

        void CheckSide(int pixels, string side)
        {
            if (pixels is < 1 or > MaxSide || pixels % scaleFactor != 0)
            {
                throw new WireFormatException(
                    $"{side} is {pixels}; multiples of {scaleFactor} up to {MaxSide} are accepted, or 0 for both sides to encode the picture as it is", $"parameters.{side}");
            }
        }
    }

    public void CheckHeader(TensorHeader header)
    {
        if (header.Name != Name || header.Index != 0)
        {
            throw new WireFormatException($"the only tensor is '{Name}', found {WireTensor.Label(header.Name, header.Index)}");
        }
        if (header.Dtype != DataType.Uint8)
        {
            throw new WireFormatException($"tensor '{Name}' must be UINT8, found {header.Dtype}");
        }
        if (header.Shape.Count != 3 || header.Shape[2] != 3 || header.Shape[0] is < 1 or > MaxSide || header.Shape[1] is < 1 or > MaxSide)
        {
            throw new WireFormatException(
                $"tensor '{Name}' must have the shape [height, width, 3] with sides up to {MaxSide}, found {TensorFrames.DescribeShape(header)}");
        }
        if (_size is not null)
        {
            return;
        }
        var (height, width) = ((int)header.Shape[0], (int)header.Shape[1]);
        if (height % _scaleFactor != 0 || width % _scaleFactor != 0)
        {
            throw new WireFormatException(
                $"a picture of {width}x{height} cannot be encoded as it is: its sides must be multiples of {_scaleFactor}; with height and width in the parameters it is resized");
        }
        CheckArea(height, width, _maxPixels, field: null);
    }

    public EncodeJob Join(ReceivedTensors tensors)
    {
        var picture = tensors.Take(tensors.Demand(Name));
        var (height, width) = _size ?? ((int)picture.Shape[0], (int)picture.Shape[1]);
        return new EncodeJob(picture, height, width);
    }

    private static void CheckArea(int height, int width, long maxPixels, string? field)
    {
        if (height > maxPixels / width)
        {
            throw new WireFormatException($"a picture of {width}x{height} exceeds the limit of {maxPixels} pixels", field);
        }
    }
}
