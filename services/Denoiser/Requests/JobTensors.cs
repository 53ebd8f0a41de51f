using QwenMesh.Denoiser.Latents;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Denoiser.Requests;

/// <summary>The tensors that a call may carry.</summary>
internal static class JobTensors
{
    public const string PromptEmbeds = "prompt_embeds";
    public const string NegativePromptEmbeds = "negative_prompt_embeds";
    public const string Noise = "noise";

    public static readonly string[] Names = [PromptEmbeds, NegativePromptEmbeds, Noise];

    /// <summary>Checks an announced tensor.</summary>
    /// <exception cref="WireFormatException">Unknown name, wrong type, wrong shape or too long a text.</exception>
    public static void Check(TensorHeader header, LatentGrid grid, TransformerConfig model)
    {
        switch (header.Name)
        {
            case PromptEmbeds or NegativePromptEmbeds:
                CheckPrompt(header, ImageTextRope.Positions - ImageTextRope.TextOffset(grid), model.JointAttentionDim);
                break;
            case Noise:
                CheckNoise(header, grid);
                break;
            default:
                throw new WireFormatException($"tensor '{Echo.Name(header.Name)}' is not one of {string.Join(", ", Names)}");
        }
    }

    /// <summary>A prompt's conditioning; null when it was not sent.</summary>
    /// <exception cref="WireFormatException">It holds values that are not finite.</exception>
    public static PromptEmbeds? Prompt(IReadOnlyDictionary<string, WireTensor> tensors, string name) =>
        tensors.TryGetValue(name, out var tensor) ? new((int)tensor.Shape[0], tensor.ToFiniteFloats()) : null;

    private static void CheckPrompt(TensorHeader header, int maxTokens, int width)
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

    private static void CheckNoise(TensorHeader header, LatentGrid grid)
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
