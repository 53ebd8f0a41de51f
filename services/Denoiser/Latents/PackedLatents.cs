using QwenMesh.Tensors;

namespace QwenMesh.Denoiser.Latents;

/// <summary>Latents [C, H, W] of the host as tokens [L, P] of the engine, and back.</summary>
internal static class PackedLatents
{
    public static void Write(ReadOnlySpan<float> latents, LatentGrid grid, Tensor tokens, TensorBackend backend)
    {
        using var unpacked = backend.From(latents, [grid.Channels, grid.Height, grid.Width], DType.Float32);
        backend.PackLatents(unpacked, grid.Patch, tokens);
    }

    public static float[] Read(Tensor tokens, LatentGrid grid, TensorBackend backend)
    {
        using var unpacked = backend.Empty([grid.Channels, grid.Height, grid.Width], DType.Float32);
        backend.UnpackLatents(tokens, grid.Patch, unpacked);
        var latents = new float[grid.Elements];
        backend.Read(unpacked, latents);
        return latents;
    }
}
