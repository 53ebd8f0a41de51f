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
        Float(header);
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
        Shape(header, grid.Channels, grid.Height, grid.Width);
    }

    /// <summary>Means and log-variances of a picture of this size.</summary>
    /// <exception cref="WireFormatException">Wrong type or shape.</exception>
    public static void Posterior(TensorHeader header, LatentGrid grid)
    {
        Float(header);
        Shape(header, 2 * grid.Channels, grid.Height, grid.Width);
    }

    /// <exception cref="WireFormatException">Wrong type or shape.</exception>
    public static void Mask(TensorHeader header, LatentGrid grid)
    {
        if (header.Dtype != DataType.Uint8)
        {
            throw new WireFormatException($"tensor '{header.Name}' has dtype {header.Dtype}; UINT8 is expected");
        }
        Shape(header, grid.Height, grid.Width);
    }

    private static void Float(TensorHeader header)
    {
        if (header.Dtype is not (DataType.Float32 or DataType.Float16 or DataType.Bfloat16))
        {
            throw new WireFormatException($"tensor '{header.Name}' has dtype {header.Dtype}; FLOAT32, FLOAT16 or BFLOAT16 is expected");
        }
    }

    private static void Shape(TensorHeader header, params long[] shape)
    {
        if (!header.Shape.SequenceEqual(shape))
        {
            throw new WireFormatException(
                $"tensor {WireTensor.Label(header.Name, header.Index)} has shape {TensorFrames.DescribeShape(header)}; [{string.Join(", ", shape)}] is expected");
        }
    }
}
