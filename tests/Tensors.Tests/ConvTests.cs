namespace QwenMesh.Tensors.Tests;

public class ConvTests
{
    private const double Tolerance = 2e-6;

    [Theory]
    [InlineData(5, 7, 8, 8, 3)]
    [InlineData(33, 40, 3, 8, 3)]
    [InlineData(9, 65, 8, 3, 3)]
    [InlineData(4, 32, 16, 64, 3)]
    [InlineData(6, 31, 20, 13, 3)]
    [InlineData(1, 1, 5, 5, 3)]
    [InlineData(17, 19, 7, 24, 1)]
    [InlineData(3, 50, 2, 6, 5)]
    public void Convolution_agrees_with_plain_loops(int height, int width, int inputs, int outputs, int kernel) =>
        Check(height, width, inputs, outputs, kernel, Padding.All(kernel / 2), 1, upsample: false, residual: false);

    [Theory]
    [InlineData(8, 8, 8)]
    [InlineData(21, 67, 9)]
    public void Strided_convolution_pads_on_one_side(int height, int width, int channels) =>
        Check(height, width, channels, channels, 3, new Padding(0, 1, 0, 1), 2, upsample: false, residual: false);

    [Theory]
    [InlineData(2, 3)]
    [InlineData(3, 1)]
    public void Any_stride_and_padding_works(int stride, int left) =>
        Check(11, 41, 4, 5, 3, new Padding(2, 0, left, 3), stride, upsample: false, residual: true);

    [Theory]
    [InlineData(4, 4, 8, 4, 3)]
    [InlineData(5, 37, 16, 8, 3)]
    [InlineData(5, 33, 6, 7, 1)]
    public void Upsampling_is_part_of_the_convolution(int height, int width, int inputs, int outputs, int kernel)
    {
        Check(height, width, inputs, outputs, kernel, Padding.All(kernel / 2), 1, upsample: true, residual: false);
        Check(height, width, inputs, outputs, kernel, Padding.All(kernel / 2), 1, upsample: true, residual: true);
        Check(height, width, inputs, outputs, kernel, new Padding(1, 2, 0, 1), 2, upsample: true, residual: false);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Residual_is_added_and_may_be_the_output(bool upsample) =>
        Check(10, 35, 8, 8, 3, Padding.All(1), 1, upsample, residual: true);

    [Fact]
    public void The_last_temporal_slice_is_taken()
    {
        var weight = Engines.Stored("w", DType.BFloat16, [6, 5, 3, 3, 3], 1);
        var values = weight.Bytes.ToArray();
        var slices = new byte[6 * 5 * 9 * 2];
        for (var i = 0; i < 30; i++)
        {
            values.AsSpan(((i * 3) + 2) * 18, 18).CopyTo(slices.AsSpan(i * 18));
        }
        Engines.Agree(backend => Run(backend, weight), Tolerance, "five axes");
        using var scalar = Engines.Scalar();
        Assert.Equal(Run(scalar, new HostTensor("s", DType.BFloat16, [6, 5, 3, 3], slices)), Run(scalar, weight));

        static float[] Run(Cpu.CpuBackend backend, HostTensor weight)
        {
            using var scope = new TensorScope(backend);
            using var conv = backend.LoadConv(weight, null);
            var x = scope.From(Engines.Random(8 * 9 * 5, 2), [8, 9, 5]);
            var into = scope.Empty([8, 9, 6]);
            backend.Conv2d(x, conv, Padding.All(1), 1, into);
            return into.ToArray(backend);
        }
    }

    private static void Check(
        int height, int width, int inputs, int outputs, int kernel, Padding padding, int stride, bool upsample, bool residual)
    {
        var what = $"{height}×{width} {inputs}→{outputs} {kernel}×{kernel} stride {stride} {padding} upsample {upsample} residual {residual}";
        Engines.Agree(
            backend =>
            {
                using var scope = new TensorScope(backend);
                using var weight = backend.LoadConv(
                    Engines.Stored("w", DType.BFloat16, [outputs, inputs, kernel, kernel], 1), Engines.Stored("b", DType.Float32, [outputs], 2));
                var x = scope.From(Engines.Random(height * width * inputs, 3), [height, width, inputs]);
                var scale = upsample ? 2 : 1;
                var outHeight = (((height * scale) + padding.Top + padding.Bottom - kernel) / stride) + 1;
                var outWidth = (((width * scale) + padding.Left + padding.Right - kernel) / stride) + 1;
                var into = scope.From(Engines.Random(outHeight * outWidth * outputs, 4), [outHeight, outWidth, outputs]);
                backend.Conv2d(x, weight, padding, stride, into, residual ? into : null, upsample);
                return into.ToArray(backend);
            },
            Tolerance, what);
    }
}
