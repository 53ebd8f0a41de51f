using QwenMesh.Imaging;
using QwenMesh.Tensors;
using QwenMesh.Vae.Tiling;

namespace QwenMesh.Vae.Pixels;

/// <summary>8-bit samples as the encoder takes them, in [−1, 1] (docs/model.md 6.7).</summary>
internal static class PixelValues
{
    /// <summary>Rounded as the reference does: a division by 255, a doubling and a subtraction, each in Float32.</summary>
    private static readonly float[] OfByte = [.. Enumerable.Range(0, 256).Select(value => (2 * (value / 255f)) - 1)];

    /// <summary>Samples widened on the host at a time: a large picture needs no second copy four times its size.</summary>
    private const int BlockSamples = 192 << 10;

    /// <param name="picture">The picture.</param>
    /// <param name="part">Which latent cells of it.</param>
    /// <param name="cell">Side of a latent cell in pixels.</param>
    /// <param name="scope">Owns the result.</param>
    /// <param name="backend">Engine.</param>
    /// <returns>[rows·cell, columns·cell, 3].</returns>
    public static Tensor Load(RgbImage picture, TileCells part, int cell, TensorScope scope, TensorBackend backend)
    {
        var (height, width) = (part.Rows * cell, part.Columns * cell);
        var pixels = scope.Empty([height, width, RgbImage.Channels]);
        var samples = width * RgbImage.Channels;
        var blockRows = Math.Clamp(BlockSamples / samples, 1, height);
        var block = new float[blockRows * samples];
        for (var row = 0; row < height; row += blockRows)
        {
            var rows = Math.Min(blockRows, height - row);
            for (var y = 0; y < rows; y++)
            {
                var start = (((((long)part.Top * cell) + row + y) * picture.Width) + ((long)part.Left * cell)) * RgbImage.Channels;
                var bytes = picture.Pixels.Span.Slice(checked((int)start), samples);
                var values = block.AsSpan(y * samples, samples);
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = OfByte[bytes[i]];
                }
            }
            using var loaded = backend.From(block.AsSpan(0, rows * samples), [rows * width, RgbImage.Channels]);
            backend.Copy(loaded, pixels.Rows(row * width, rows * width));
        }
        return pixels;
    }
}
