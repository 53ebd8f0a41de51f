using QwenMesh.Tensors;
using QwenMesh.Testing;

namespace QwenMesh.Vae.Tests;

/// <summary>The reference's order of axes, channels first, and the engine's, channels last.</summary>
internal static class Planes
{
    /// <summary>[C, H, W] to a tensor [H, W, C].</summary>
    public static Tensor ToLast(float[] values, Shape shape, TensorScope scope, TensorBackend backend)
    {
        var (ones, zeros) = Identity(shape[0], scope);
        var last = scope.Empty([shape[1], shape[2], shape[0]]);
        backend.ChannelsLast(scope.From(values, shape, DType.Float32), ones, zeros, last);
        return last;
    }

    /// <summary>A tensor [H, W, C] to [C, H, W].</summary>
    public static float[] ToFirst(Tensor x, TensorScope scope, TensorBackend backend)
    {
        var (ones, zeros) = Identity(x.Shape[2], scope);
        var first = scope.Empty([x.Shape[2], x.Shape[0], x.Shape[1]], DType.Float32);
        backend.ChannelsFirst(x, ones, zeros, first);
        return TensorAssert.Read(first, backend);
    }

    private static (Tensor Ones, Tensor Zeros) Identity(int channels, TensorScope scope) => (
        scope.From(Enumerable.Repeat(1f, channels).ToArray(), [channels], DType.Float32), scope.From(new float[channels], [channels], DType.Float32));
}
