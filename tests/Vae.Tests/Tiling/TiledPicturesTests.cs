using System.Runtime.InteropServices;
using QwenMesh.Checkpoints;
using QwenMesh.Imaging;
using QwenMesh.Tensors;
using QwenMesh.Tensors.Cpu;
using QwenMesh.Testing;
using QwenMesh.Vae.Autoencoder;
using QwenMesh.Vae.Pixels;
using QwenMesh.Vae.Tiling;

namespace QwenMesh.Vae.Tests.Tiling;

/// <summary>A random checkpoint in tiles of 32 cells that begin every 24: put together as the reference does, written here a second time, element by element.</summary>
public sealed class TiledPicturesTests : IDisposable
{
    private const int Tile = 32;
    private const int Stride = 24;
    private const int Height = 33;
    private const int Width = 50;

    private readonly CpuBackend _backend = new();
    private readonly Checkpoint _checkpoint = Checkpoint.Open(Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image"));
    private readonly AutoencoderKLQwenImage _autoencoder;

    public TiledPicturesTests() => _autoencoder = new AutoencoderKLQwenImage(
        AutoencoderConfig.Parse(_checkpoint.ReadConfig("vae")), _checkpoint.OpenWeights("vae"), _backend);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private AutoencoderConfig Config => _autoencoder.Config;

    public void Dispose()
    {
        _autoencoder.Dispose();
        Assert.Equal(0, _backend.LiveTensors);
        _checkpoint.Dispose();
        _backend.Dispose();
    }

    [Fact]
    public void Encoding_in_tiles_puts_moments_together_as_the_reference()
    {
        var picture = Picture();
        var whole = new PictureEncoder(_autoencoder, _backend, TilingMode.Never).Encode(picture, Stop);
        var tiled = new PictureEncoder(_autoencoder, _backend, TilingMode.Always).Encode(picture, Stop);

        var factor = Config.ScaleFactor;
        var expected = Reference(2 * Config.ZDim, 1, (top, left, rows, columns) =>
        {
            var bytes = new byte[columns * factor * rows * factor * 3];
            for (var y = 0; y < rows * factor; y++)
            {
                var row = picture.Pixels.Span.Slice(((((top * factor) + y) * picture.Width) + (left * factor)) * 3, columns * factor * 3);
                row.CopyTo(bytes.AsSpan(y * columns * factor * 3));
            }
            var part = new RgbImage(columns * factor, rows * factor, bytes);
            using var scope = new TensorScope(_backend);
            var pixels = PixelValues.Load(part, new TileCells(0, 0, rows, columns), factor, scope, _backend);
            return Planes.ToFirst(_autoencoder.Encode(pixels, scope, Stop), scope, _backend);
        });
        var half = expected.Length / 2;
        for (var i = 0; i < half; i++)
        {
            var channel = i / (Height * Width);
            expected[i] = (expected[i] - Config.LatentsMean[channel]) / Config.LatentsStd[channel];
            expected[half + i] = Math.Clamp(expected[half + i], -30, 20) - (2 * MathF.Log(Config.LatentsStd[channel]));
        }
        TensorAssert.Near(expected.AsSpan(0, half), tiled.Mean, 1e-5, "mean");
        TensorAssert.Near(expected.AsSpan(half), tiled.LogVariance, 1e-5, "log-variance");
        Assert.Equal((Height, Width), (tiled.Height, tiled.Width));
        Assert.NotEqual(whole.Bytes, tiled.Bytes); // Tiles see less of the picture.
    }

    [Fact]
    public void Decoding_in_tiles_puts_pixels_together_as_the_reference()
    {
        var random = new Random(4);
        var latents = new Latents([.. Enumerable.Range(0, Config.ZDim * Height * Width).Select(_ => (random.NextSingle() * 2) - 1)], Height, Width);
        using var whole = new LatentDecoder(_autoencoder, _backend, TilingMode.Never);
        using var tiled = new LatentDecoder(_autoencoder, _backend, TilingMode.Always);

        var factor = Config.ScaleFactor;
        var planes = Reference(3, factor, (top, left, rows, columns) =>
        {
            var part = new float[Config.ZDim * rows * columns];
            for (var i = 0; i < part.Length; i++)
            {
                var (c, y, x) = (i / (rows * columns), i / columns % rows, i % columns);
                part[i] = latents.Values[(((c * Height) + top + y) * Width) + left + x];
            }
            using var scope = new TensorScope(_backend);
            using var statistics = new LatentStatistics(Config, _backend);
            var z = scope.Empty([rows, columns, Config.ZDim]);
            statistics.Denormalize(scope.From(part, [Config.ZDim, rows, columns]), z);
            return Planes.ToFirst(_autoencoder.Decode(z, scope, Stop), scope, _backend);
        });
        var expected = new float[planes.Length];
        for (var i = 0; i < expected.Length; i++)
        {
            var (pixel, c) = (i / 3, i % 3);
            expected[i] = planes[(c * expected.Length / 3) + pixel];
        }
        var found = MemoryMarshal.Cast<byte, float>(tiled.DecodeValues(latents, Stop)).ToArray();
        TensorAssert.Near(expected, found, 1e-5, "pixels");
        Assert.NotEqual(MemoryMarshal.Cast<byte, float>(whole.DecodeValues(latents, Stop)).ToArray(), found); // Tiles see less of the picture.
    }

    /// <summary>
    /// diffusers' tiled_encode and tiled_decode (docs/model.md 6.8), channels first: each tile is blended with the blended one above, then with
    /// the blended one on its left, and keeps its first rows and columns.
    /// </summary>
    private static float[] Reference(int channels, int cell, Func<int, int, int, int, float[]> run)
    {
        var (wholeHeight, wholeWidth, blend) = (Height * cell, Width * cell, (Tile - Stride) * cell);
        var result = new float[channels * wholeHeight * wholeWidth];
        var tiles = new Dictionary<(int, int), (float[] Values, int Rows, int Columns)>();
        for (var i = 0; i * Stride < Height; i++)
        {
            for (var j = 0; j * Stride < Width; j++)
            {
                var (top, left) = (i * Stride, j * Stride);
                var (rows, columns) = (Math.Min(Tile, Height - top), Math.Min(Tile, Width - left));
                var values = run(top, left, rows, columns);
                (rows, columns) = (rows * cell, columns * cell);
                float At((float[] Values, int Rows, int Columns) tile, int c, int y, int x) => tile.Values[(((c * tile.Rows) + y) * tile.Columns) + x];
                for (var n = 0; n < values.Length && i > 0; n++)
                {
                    var above = tiles[(i - 1, j)];
                    var (c, y, x) = (n / (rows * columns), n / columns % rows, n % columns);
                    var extent = Math.Min(Math.Min(above.Rows, rows), blend);
                    values[n] = y < extent ? (At(above, c, above.Rows - extent + y, x) * (1 - ((float)y / extent))) + (values[n] * y / extent) : values[n];
                }
                for (var n = 0; n < values.Length && j > 0; n++)
                {
                    var before = tiles[(i, j - 1)];
                    var (c, y, x) = (n / (rows * columns), n / columns % rows, n % columns);
                    var extent = Math.Min(Math.Min(before.Columns, columns), blend);
                    values[n] = x < extent ? (At(before, c, y, before.Columns - extent + x) * (1 - ((float)x / extent))) + (values[n] * x / extent) : values[n];
                }
                tiles[(i, j)] = (values, rows, columns);
                for (var n = 0; n < values.Length; n++)
                {
                    var (c, y, x) = (n / (rows * columns), n / columns % rows, n % columns);
                    if (y < Stride * cell && x < Stride * cell)
                    {
                        result[(((c * wholeHeight) + (top * cell) + y) * wholeWidth) + (left * cell) + x] = values[n];
                    }
                }
            }
        }
        return result;
    }

    private RgbImage Picture()
    {
        var pixels = new byte[Width * Height * Config.ScaleFactor * Config.ScaleFactor * 3];
        new Random(5).NextBytes(pixels);
        return new RgbImage(Width * Config.ScaleFactor, Height * Config.ScaleFactor, pixels);
    }
}
