using QwenMesh.Tensors.Cpu;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Tests;

public class ThreadTests
{
    /// <summary>With weights packed once, and packed in every product as those of a large model are.</summary>
    [Theory]
    [InlineData(512L << 20)]
    [InlineData(0)]
    public void Results_do_not_depend_on_the_number_of_threads(long packedWeightBytes)
    {
        CpuBackend Engine(int threads) =>
            new(new CpuOptions { Simd = SimdLevels.Detected, Threads = threads, PackedWeightBytes = packedWeightBytes });

        using var single = Engine(1);
        var expected = EveryOperation(single);
        foreach (var threads in new[] { 2, 3, 7 })
        {
            using var backend = Engine(threads);
            Assert.Equal(threads, backend.Threads);
            var found = EveryOperation(backend);
            foreach (var (name, values) in expected)
            {
                Assert.True(values.AsSpan().SequenceEqual(found[name]), $"{name} with {threads} threads");
            }
        }
    }

    [Fact]
    public async Task Callers_on_several_threads_get_their_own_results()
    {
        using var backend = Engines.At(SimdLevels.Detected, 3);
        var expected = EveryOperation(backend);
        var found = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => EveryOperation(backend), TestContext.Current.CancellationToken)));
        foreach (var results in found)
        {
            Assert.All(expected, pair => Assert.Equal(pair.Value, results[pair.Key]));
        }
        Assert.Equal(0, backend.LiveTensors);
    }

    [Fact]
    public void Loops_may_be_nested()
    {
        using var pool = new WorkerPool(3);
        var count = 0;
        pool.For(20, _ => pool.For(20, _ => pool.For(3, _ => Interlocked.Increment(ref count))));
        Assert.Equal(1200, count);
    }

    [Fact]
    public void Every_index_is_visited_once()
    {
        using var pool = new WorkerPool(4);
        for (var round = 0; round < 2000; round++)
        {
            var visits = new int[round % 40];
            pool.For(visits.Length, i => Interlocked.Increment(ref visits[i]));
            Assert.All(visits, visit => Assert.Equal(1, visit));
        }
    }

    [Fact]
    public void A_failure_reaches_the_caller_and_leaves_the_pool_working()
    {
        using var pool = new WorkerPool(3);
        Assert.Throws<InvalidOperationException>(() => pool.For(100, i =>
        {
            if (i == 57)
            {
                throw new InvalidOperationException();
            }
        }));
        var count = 0;
        pool.For(10, _ => Interlocked.Increment(ref count));
        Assert.Equal(10, count);
    }

    [Fact]
    public void Workers_that_sleep_wake_up_for_the_next_job()
    {
        using var pool = new WorkerPool(2);
        for (var round = 0; round < 5; round++)
        {
            // Both items wait for each other, so neither thread can do them alone.
            using var barrier = new Barrier(2);
            pool.For(2, _ => Assert.True(barrier.SignalAndWait(TimeSpan.FromSeconds(30))));
            Thread.Sleep(5);
        }
    }

    [Fact]
    public void Fewer_than_one_thread_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new CpuBackend(new CpuOptions { Threads = 0 }));

    private static Dictionary<string, float[]> EveryOperation(CpuBackend backend)
    {
        using var scope = new TensorScope(backend);
        using var weight = backend.LoadLinear(Engines.Stored("w", DType.BFloat16, [150, 96], 1), Engines.Stored("b", DType.Float32, [150], 2));
        using var conv = backend.LoadConv(Engines.Stored("c", DType.Float32, [12, 8, 3, 3], 1), null);
        var results = new Dictionary<string, float[]>();
        var x = scope.From(Engines.Random(300 * 96, 3), [300, 96]);
        var row = scope.From(Engines.Random(96, 4), [1, 96]);

        void Record(string name, Shape shape, Action<Tensor> operation)
        {
            using var into = backend.From(Engines.Random((int)shape.Count, 5), shape);
            operation(into);
            results[name] = into.ToArray(backend);
        }

        Record("linear", [300, 150], into => backend.Linear(x, weight, into, Activation.GeluTanh));
        Record("few rows", [5, 150], into => backend.Linear(x.Rows(7, 5), weight, into));
        Record("residual", [300, 150], into => backend.LinearResidual(x, weight, null, into));
        Record("SwiGLU", [300, 150], into => backend.LinearSwiGlu(x, weight, weight, into));
        Record("attention", [300, 96], into => backend.Attention(x, x, x, 3, 3, 0.2f, false, into));
        Record("causal", [300, 96], into => backend.Attention(x, x, x, 3, 3, 0.2f, true, into, [0, 120, 300]));
        Record("RMS norm", [300, 96], into => backend.RmsNorm(x, row, 1e-6f, into));
        Record("layer norm", [300, 96], into => backend.LayerNormModulate(x, row, row, 1e-6f, into));
        Record("head norm", [300, 96], into => backend.HeadNormRotary(into, 3, row.Slice(0, 32), 1e-6f, null, null, RotaryLayout.Interleaved));
        Record("channel norm", [300, 96], into => backend.ChannelNorm(x, row, true, into));
        Record("SiLU", [300, 96], into => backend.Silu(x, into));
        Record("add", [300, 96], into => backend.Add(into, x));
        Record("guidance", [300, 96], into => backend.TrueGuidance(x, into, 4, into));
        Record("Euler", [300, 96], into => backend.EulerStep(into, x, 0.1f));
        var picture = x.Reshape([60, 60, 8]);
        Record("convolution", [60, 60, 12], into => backend.Conv2d(picture, conv, Padding.All(1), 1, into, into));
        Record("upsampling", [120, 120, 12], into => backend.Conv2d(picture, conv, Padding.All(1), 1, into, upsample: true));
        Record("stride", [30, 30, 12], into => backend.Conv2d(picture, conv, new Padding(0, 1, 0, 1), 2, into));
        using var table = backend.LoadEmbedding(Engines.Stored("t", DType.BFloat16, [50, 96], 6));
        Record("embedding", [40, 96], into => backend.Embedding(table, [.. Enumerable.Range(5, 40)], into));
        var channel = row.Slice(0, 8);
        Record("channels first", [8, 60, 60], into => backend.ChannelsFirst(picture, channel, channel, into));
        var planes = scope.From(Engines.Random(8 * 3600, 7), [8, 60, 60]);
        Record("channels last", [60, 60, 8], into => backend.ChannelsLast(planes, channel, channel, into));
        Record("pack", [900, 32], into => backend.PackLatents(planes, 2, into));
        Record("unpack", [8, 60, 60], into => backend.UnpackLatents(x.Reshape([900, 32]), 2, into));
        using var bytes = backend.Empty([300, 96], DType.UInt8);
        backend.ToRgb8(x, bytes);
        var rgb = new byte[300 * 96];
        backend.Read(bytes, rgb);
        results["RGB"] = [.. rgb.Select(value => (float)value)];
        return results;
    }
}
