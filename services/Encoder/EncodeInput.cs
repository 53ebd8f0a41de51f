using QwenMesh.Encoder.Pictures;
using QwenMesh.Imaging;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost.Calls;
using QwenMesh.TensorWire;
using PromptTemplate = QwenMesh.Encoder.Prompting.PromptTemplate;

namespace QwenMesh.Encoder;

/// <summary>Parameters of Encode, checked, and the pictures that may follow them.</summary>
internal sealed class EncodeInput(
    PromptTemplate template, IReadOnlyList<string> prompts, int maxSequenceLength, PromptEncoder encoder, EncoderOptions options) : ICallInput<EncodeJob>
{
    private const string Image = "image";

    private readonly int _maxPictures = Math.Min(template.MaxPictures, options.MaxImages);

    // Beyond a template's number the header is refused, with that reason.
    public int MaxTensors => options.MaxImages;

    public void CheckHeader(TensorHeader header)
    {
        if (template.MaxPictures == 0)
        {
            throw new WireFormatException("text to image takes no tensors: reference pictures belong to the edit templates");
        }
        if (header.Name != Image)
        {
            throw new WireFormatException($"tensor {WireTensor.Label(header.Name, header.Index)} is not known; pictures are named '{Image}'");
        }
        var label = WireTensor.Label(Image, header.Index);
        if (header.Index >= _maxPictures)
        {
            throw new WireFormatException($"tensor {label}: the template '{template.Name}' takes at most {_maxPictures} here");
        }
        if (header.Dtype != DataType.Uint8 || header.Shape is not [> 0 and var height, > 0 and var width, RgbImage.Channels])
        {
            throw new WireFormatException($"tensor {label} is [{string.Join(", ", header.Shape)}] {header.Dtype}; [height, width, 3] UINT8 is needed");
        }
        if (height > options.MaxImagePixels / width)
        {
            throw new WireFormatException($"tensor {label} has {width}x{height} pixels; at most {options.MaxImagePixels} are allowed");
        }
        try
        {
            encoder.Grid(template, (int)width, (int)height);
        }
        catch (PromptException refused)
        {
            throw new WireFormatException($"tensor {label}: {refused.Message}");
        }
    }

    public EncodeJob Join(ReceivedTensors tensors)
    {
        var images = tensors.Series(Image);
        if (images.Count == 0 && template.MaxPictures > 0)
        {
            throw new WireFormatException($"tensor '{Image}' is missing: the template '{template.Name}' needs a reference picture");
        }
        ReferencePicture[] pictures =
            [.. images.Select(image => new ReferencePicture(new RgbImage((int)image.Shape[1], (int)image.Shape[0], image.Bytes.ToArray())))];
        return new EncodeJob([.. prompts.Select(prompt => new EncodeKey(template, prompt, maxSequenceLength, pictures))], pictures);
    }
}
