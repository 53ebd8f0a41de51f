namespace QwenMesh.Tensors.Tests;

public class LayoutTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(16, 9, 13)]
    [InlineData(3, 40, 50)]
    public void Channels_move_to_the_end_and_back(int channels, int height, int width)
    {
        using var backend = Engines.Scalar();
        using var scope = new TensorScope(backend);
        var values = Engines.Random(channels * height * width, 1);
        var (scale, shift) = (Engines.Random(channels, 2), Engines.Random(channels, 3));
        var (factor, offset) = (scope.From(scale, [channels]), scope.From(shift, [channels]));
        var first = scope.From(values, [channels, height, width]);
        var last = scope.Empty([height, width, channels]);
        backend.ChannelsLast(first, factor, offset, last);
        var moved = last.ToArray(backend);
        for (var i = 0; i < values.Length; i++)
        {
            var (c, pixel) = (i / (height * width), i % (height * width));
            Assert.Equal((values[i] * scale[c]) + shift[c], moved[(pixel * channels) + c]);
        }

        var (ones, zeros) = (scope.From([.. Enumerable.Repeat(1f, channels)], [channels]), scope.From(new float[channels], [channels]));
        backend.ChannelsLast(first, ones, zeros, last);
        var back = scope.Empty([channels, height, width]);
        backend.ChannelsFirst(last, ones, zeros, back);
        Assert.Equal(values, back.ToArray(backend));
    }

    [Fact]
    public void Latents_are_packed_as_the_reference_packs_them()
    {
        using var backend = Engines.Scalar();
        using var scope = new TensorScope(backend);
        const int Channels = 3, Height = 4, Width = 6, Patch = 2;
        var values = Engines.Random(Channels * Height * Width, 1);
        var latents = scope.From(values, [Channels, Height, Width]);
        var tokens = scope.Empty([Height / Patch * (Width / Patch), Channels * Patch * Patch]);
        backend.PackLatents(latents, Patch, tokens);
        var packed = tokens.ToArray(backend);
        for (var c = 0; c < Channels; c++)
        {
            for (var y = 0; y < Height; y++)
            {
                for (var x = 0; x < Width; x++)
                {
                    var token = (y / 2 * (Width / 2)) + (x / 2);
                    Assert.Equal(values[(((c * Height) + y) * Width) + x], packed[(token * 12) + (c * 4) + (y % 2 * 2) + (x % 2)]);
                }
            }
        }
        var back = scope.Empty([Channels, Height, Width]);
        backend.UnpackLatents(tokens, Patch, back);
        Assert.Equal(values, back.ToArray(backend));
    }

    [Theory]
    [InlineData(DType.Float32)]
    [InlineData(DType.Float16)]
    [InlineData(DType.BFloat16)]
    public void Embedding_rows_are_read_from_the_table(DType dtype)
    {
        using var backend = Engines.Scalar();
        using var scope = new TensorScope(backend);
        var stored = Engines.Stored("table", dtype, [11, 19], 1);
        using var table = backend.LoadEmbedding(stored);
        var all = scope.Own(backend.LoadVector(stored)).ToArray(backend);
        var into = scope.Empty([4, 19]);
        backend.Embedding(table, [10, 0, 3, 3], into);
        Assert.Equal([.. all[(10 * 19)..], .. all[..19], .. all[(3 * 19)..(4 * 19)], .. all[(3 * 19)..(4 * 19)]], into.ToArray(backend));
        Assert.Throws<ArgumentOutOfRangeException>(() => backend.Embedding(table, [0, 11, 0, 0], into));
        Assert.Throws<ArgumentOutOfRangeException>(() => backend.Embedding(table, [0, -1, 0, 0], into));
    }

    [Fact]
    public void Transposes_of_every_small_size_are_exact()
    {
        for (var rows = 1; rows < 20; rows++)
        {
            for (var columns = 1; columns < 20; columns++)
            {
                Transposed(rows, columns);
            }
        }

        static unsafe void Transposed(int rows, int columns)
        {
            var from = Engines.Random(rows * columns, 1);
            var into = new float[rows * columns];
            fixed (float* source = from, target = into)
            {
                Cpu.Kernels.Transpose.Run(source, columns, rows, columns, target, rows);
            }
            for (var i = 0; i < from.Length; i++)
            {
                Assert.Equal(from[i], into[(i % columns * rows) + (i / columns)]);
            }
        }
    }
}
