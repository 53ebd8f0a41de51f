using QwenMesh.Vae.Tiling;

namespace QwenMesh.Vae.Pixels;

/// <summary>Latents of one picture: normalised, [channels, height, width].</summary>
internal sealed record Latents(float[] Values, int Height, int Width)
{
    /// <summary>The latents of a tile, [channels, rows, columns].</summary>
    public float[] Cut(TileCells part)
    {
        var channels = Values.Length / (Height * Width);
        var cut = new float[channels * part.Rows * part.Columns];
        for (var c = 0; c < channels; c++)
        {
            for (var y = 0; y < part.Rows; y++)
            {
                Values.AsSpan((((c * Height) + part.Top + y) * Width) + part.Left, part.Columns).CopyTo(cut.AsSpan(((c * part.Rows) + y) * part.Columns));
            }
        }
        return cut;
    }
}
