using QwenMesh.Tensors.Torch.Native;

namespace QwenMesh.Tensors.Torch;

/// <summary>Which kernel LibTorch takes for attention as the image transformer has it: on a card cuDNN's and flash are the fast ones.</summary>
internal static class AttentionProbe
{
    private const int Rows = 1024;
    private const int Heads = 24;
    private const int HeadDim = 128;

    public static AttentionKernel Choice(Aten aten, DType type)
    {
        using var scope = new AtenScope(aten);
        var q = scope.Empty([1, Heads, Rows, HeadDim], type.Native());
        return aten.AttentionKernel(q.Handle, q.Handle, q.Handle, causal: false, Math.Pow(HeadDim, -0.5), grouped: false);
    }
}
