using QwenMesh.Tensors;

namespace QwenMesh.Testing.Operations;

internal static class ElementwiseCases
{
    public static IEnumerable<OperationCase> All =>
    [
        .. new[] { 1, 31, 4096, 50_001 }.SelectMany(OfSize),
        .. new[] { DType.Float32, DType.Float16, DType.BFloat16 }.Select(Embedding),
        .. new[] { (3, 4, 6, 2), (16, 8, 8, 2), (5, 3, 7, 1) }.SelectMany(size => Patches(size.Item1, size.Item2, size.Item3, size.Item4)),
        .. new[] { 1, 19, 320 }.Select(SelectRows),
        new OperationCase("Views share memory", run =>
        {
            var x = run.Scope.From([1, 2, 3, 4, 5, 6], [3, 2]);
            run.Backend.Add(x.Rows(1, 1), run.Scope.From([10, 20], [1, 2]));
            return [.. run.Read(x), .. run.Read(x.Reshape([1, 6]).Slice(3, 2)), .. run.Read(x.Rows(1, 2).Reshape([4]))];
        })
        {
            Float32Tolerance = 0,
            BFloat16Tolerance = 0,
        },
    ];

    private static IEnumerable<OperationCase> OfSize(int count)
    {
        yield return new($"Silu in place {count}", run =>
        {
            var x = run.Tensor([count], 1, 5);
            run.Backend.Silu(x, x);
            return run.Read(x);
        });
        yield return new($"Silu {count}", run =>
        {
            var into = run.Empty([count]);
            run.Backend.Silu(run.Tensor([count], 1, 5), into);
            return run.Read(into);
        });
        yield return new($"Add {count}", run =>
        {
            var x = run.Tensor([count], 1);
            run.Backend.Add(x, run.Tensor([1, count], 2));
            return run.Read(x);
        });
        yield return new($"EulerStep {count}", run =>
        {
            var x = run.Exact(run.Random(count, 1), [count]);
            run.Backend.EulerStep(x, run.Tensor([1, count], 2), -0.0371f);
            return run.Read(x);
        })
        {
            BFloat16Tolerance = 2e-6, // Latents stay in Float32.
        };
        yield return new($"KeepOutside {count}", run =>
        {
            float[] mask = [.. run.Random(count, 3).Select(value => value > 0 ? 1f : 0f)];
            var x = run.Exact(run.Random(count, 1), [count]);
            run.Backend.KeepOutside(
                x, run.Exact(mask, [1, count]), run.Exact(run.Random(count, 2), [count, 1]), run.Exact(run.Random(count, 4), [count]), 0.3711f);
            return run.Read(x);
        })
        {
            BFloat16Tolerance = 2e-6, // Latents stay in Float32.
        };
        yield return new($"Copy to Float32 and back {count}", run =>
        {
            var (between, back) = (run.Scope.Empty([1, count], DType.Float32), run.Empty([count]));
            run.Backend.Copy(run.Tensor([count], 1), between);
            run.Backend.Copy(between, back);
            return run.Read(back);
        })
        {
            Float32Tolerance = 0,
            BFloat16Tolerance = 0,
        };
    }

    private static OperationCase Embedding(DType dtype) => new($"Embedding of {dtype}", run =>
    {
        var table = run.Keep(run.Backend.LoadEmbedding(run.Stored("table", dtype, [11, 19], 1)));
        var into = run.Empty([5, 19]);
        run.Backend.Embedding(table, [10, 0, 3, 3, 7], into);
        return run.Read(into);
    })
    {
        Float32Tolerance = 0,
        BFloat16Tolerance = 3.95e-3,
    };

    private static OperationCase SelectRows(int columns) => new($"SelectRows of {columns}", run =>
    {
        var into = run.Empty([6, columns]);
        run.Backend.SelectRows(run.Tensor([3, 2, columns], 1), [5, 0, 3, 3, 1, 2], into);
        return run.Read(into);
    })
    {
        Float32Tolerance = 0,
        BFloat16Tolerance = 0,
    };

    private static IEnumerable<OperationCase> Patches(int channels, int height, int width, int patch)
    {
        Shape tokens = [height / patch * (width / patch), channels * patch * patch];
        yield return new($"PackLatents {channels}×{height}×{width} by {patch}", run =>
        {
            var into = run.Empty(tokens);
            run.Backend.PackLatents(run.Tensor([channels, height, width], 1), patch, into);
            return run.Read(into);
        })
        {
            Float32Tolerance = 0,
            BFloat16Tolerance = 0,
        };
        yield return new($"UnpackLatents {channels}×{height}×{width} by {patch}", run =>
        {
            var into = run.Empty([channels, height, width]);
            run.Backend.UnpackLatents(run.Tensor(tokens, 1), patch, into);
            return run.Read(into);
        })
        {
            Float32Tolerance = 0,
            BFloat16Tolerance = 0,
        };
    }
}
