using QwenMesh.Denoiser.Latents;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Denoiser.Requests;

/// <summary>Checks of announced tensors, before their bytes are accepted.</summary>
internal static class TensorChecks
{
    /// <exception cref="WireFormatException">Wrong type, wrong shape or too long a text.</exception>
    public static void Prompt(TensorHeader header, int maxTokens, int width)
    {
        if (header.Dtype is not (DataType.Float32 or DataType.Float16 or DataType.Bfloat16))
        {
            throw new WireFormatException($"tensor '{header.Name}' has dtype {header.Dtype}; FLOAT32, FLOAT16 or BFLOAT16 is expected");
        }
        if (header.Shape.Count != 2 || header.Shape[0] < 1 || header.Shape[1] != width)
        {
            throw new WireFormatException($"tensor '{header.Name}' has shape {TensorFrames.DescribeShape(header)}; [tokens, {width}] is expected");
        }
        if (header.Shape[0] > maxTokens)
        {
            throw new WireFormatException($"tensor '{header.Name}' has {header.Shape[0]} tokens; at most {maxTokens} fit beside a picture of this size");
        }
    }

    /// <exception cref="WireFormatException">Wrong type or shape.</exception>
    public static void Latents(TensorHeader header, LatentGrid grid)
    {
        if (header.Dtype != DataType.Float32)
        {
            throw new WireFormatException($"tensor '{header.Name}' has dtype {header.Dtype}; FLOAT32 is expected");
        }
        if (!header.Shape.SequenceEqual([grid.Channels, grid.Height, grid.Width]))
        {
            throw new WireFormatException(
                $"tensor '{header.Name}' has shape {TensorFrames.DescribeShape(header)}; [{grid.Channels}, {grid.Height}, {grid.Width}] is expected");
        }
    }
}
