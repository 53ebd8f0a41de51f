using QwenMesh.Tensors;

namespace QwenMesh.Testing.Operations;

internal static class PictureCases
{
    private static readonly (int Height, int Width, int Inputs, int Outputs, int Kernel)[] Sizes =
    [
        (5, 7, 8, 8, 3), (33, 40, 3, 8, 3), (9, 65, 8, 3, 3), (4, 32, 16, 64, 3), (6, 31, 20, 13, 3), (1, 1, 5, 5, 3), (17, 19, 7, 24, 1), (3, 50, 2, 6, 5),
    ];

    public static IEnumerable<OperationCase> All =>
    [
        .. Sizes.Select(size => Conv(size.Height, size.Width, size.Inputs, size.Outputs, size.Kernel, Padding.All(size.Kernel / 2))),
        Conv(8, 8, 8, 8, 3, new Padding(0, 1, 0, 1), stride: 2),
        Conv(21, 67, 9, 9, 3, new Padding(0, 1, 0, 1), stride: 2),
        Conv(11, 41, 4, 5, 3, new Padding(2, 0, 3, 3), stride: 2, residual: true),
        Conv(11, 41, 4, 5, 3, new Padding(2, 0, 1, 3), stride: 3, residual: true),
        .. new[] { (4, 4, 8, 4, 3), (5, 37, 16, 8, 3), (5, 33, 6, 7, 1) }.SelectMany(Upsampled),
        Conv(10, 35, 8, 8, 3, Padding.All(1), residual: true),
        new OperationCase("Conv2d of a temporal kernel", run =>
        {
            var conv = run.Conv(run.Stored("w", DType.BFloat16, [6, 5, 3, 3, 3], 1), null);
            var into = run.Empty([8, 9, 6]);
            run.Backend.Conv2d(run.Tensor([8, 9, 5], 2), conv, Padding.All(1), 1, into);
            return run.Read(into);
        }),
        .. new[] { (1, 1, 1), (16, 9, 13), (3, 40, 50) }.SelectMany(size => Channels(size.Item1, size.Item2, size.Item3)),
        new OperationCase("ToRgb8", run =>
        {
            float[] points = [-1, 1, 0, -2, 2, float.NaN, float.PositiveInfinity, float.NegativeInfinity, -0.99607843f, 1 / 255f, .. run.Random(5000, 3)];
            var into = run.Scope.Empty([points.Length], DType.UInt8);
            run.Backend.ToRgb8(run.Exact(points, [points.Length]), into);
            var bytes = new byte[points.Length];
            run.Backend.Read(into, bytes);
            return [.. bytes.Select(value => (float)value)];
        })
        {
            Float32Tolerance = 0,
            BFloat16Tolerance = 0,
        },
    ];

    private static IEnumerable<OperationCase> Upsampled((int Height, int Width, int Inputs, int Outputs, int Kernel) size)
    {
        var (height, width, inputs, outputs, kernel) = size;
        yield return Conv(height, width, inputs, outputs, kernel, Padding.All(kernel / 2), upsample: true);
        yield return Conv(height, width, inputs, outputs, kernel, Padding.All(kernel / 2), upsample: true, residual: true);
        yield return Conv(height, width, inputs, outputs, kernel, new Padding(1, 2, 0, 1), stride: 2, upsample: true);
    }

    private static OperationCase Conv(
        int height, int width, int inputs, int outputs, int kernel, Padding padding, int stride = 1, bool upsample = false, bool residual = false)
    {
        var name = $"Conv2d {height}×{width} {inputs}→{outputs} {kernel}×{kernel} stride {stride} pad {padding.Top} {padding.Bottom} {padding.Left} {padding.Right}"
            + (upsample ? " upsampled" : "") + (residual ? " residual" : "");
        return new OperationCase(name, run =>
        {
            var weight = run.Conv(
                run.Stored("w", DType.BFloat16, [outputs, inputs, kernel, kernel], 1), run.Stored("b", DType.Float32, [outputs], 2));
            var scale = upsample ? 2 : 1;
            var outHeight = (((height * scale) + padding.Top + padding.Bottom - kernel) / stride) + 1;
            var outWidth = (((width * scale) + padding.Left + padding.Right - kernel) / stride) + 1;
            var into = run.Tensor([outHeight, outWidth, outputs], 4);
            run.Backend.Conv2d(run.Tensor([height, width, inputs], 3), weight, padding, stride, into, residual ? into : null, upsample);
            return run.Read(into);
        })
        {
            BFloat16Tolerance = residual ? 6e-3 : 3.95e-3,
        };
    }

    private static IEnumerable<OperationCase> Channels(int channels, int height, int width)
    {
        yield return new($"ChannelsLast {channels}×{height}×{width}", run =>
        {
            var into = run.Empty([height, width, channels]);
            run.Backend.ChannelsLast(run.Tensor([channels, height, width], 1), Vector(run, 2), Vector(run, 3), into);
            return run.Read(into);
        });
        yield return new($"ChannelsFirst {channels}×{height}×{width}", run =>
        {
            var into = run.Empty([channels, height, width]);
            run.Backend.ChannelsFirst(run.Tensor([height, width, channels], 1), Vector(run, 2), Vector(run, 3), into);
            return run.Read(into);
        });

        Tensor Vector(OperationRun run, int seed) => run.Exact(run.Random(channels, seed), [channels]);
    }
}
