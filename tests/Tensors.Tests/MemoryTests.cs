using QwenMesh.Tensors.Cpu;

namespace QwenMesh.Tensors.Tests;

public class MemoryTests
{
    [Fact]
    public void Blocks_are_reused_and_kept_up_to_the_cap()
    {
        using var pool = new BufferPool(keptBytesCap: 4096);
        var first = pool.Rent(2000);
        pool.Return(first);
        Assert.Same(first, pool.Rent(1900));
        var (second, third) = (pool.Rent(2000), pool.Rent(4000));
        pool.Return(first);
        pool.Return(second);
        Assert.Equal(4096, pool.KeptBytes);
        pool.Return(third);
        Assert.Equal(4096, pool.KeptBytes);
        Assert.Equal(0, pool.Rented);
    }

    [Fact]
    public void Blocks_that_have_not_been_out_since_the_release_before_are_freed()
    {
        using var pool = new BufferPool(keptBytesCap: 1 << 20);
        var (small, first, second) = (pool.Rent(1024), pool.Rent(2048), pool.Rent(2048));
        pool.Return(small);
        pool.Return(first);
        pool.Return(second);
        pool.ReleaseUnused();
        Assert.Equal(1024 + 2048 + 2048, pool.KeptBytes); // All of them came back since.

        Assert.Same(second, pool.Rent(2048));
        pool.Return(second);
        pool.ReleaseUnused();
        Assert.Equal(2048, pool.KeptBytes);
        Assert.Same(second, pool.Rent(2048));

        pool.ReleaseUnused();
        pool.Return(second);
        Assert.Equal(2048, pool.KeptBytes);
        pool.ReleaseUnused();
        pool.ReleaseUnused();
        Assert.Equal(0, pool.KeptBytes);
        Assert.Equal(0, pool.Rented);
    }

    [Fact]
    public void Memory_may_be_released_while_operations_rent_it()
    {
        using var pool = new BufferPool(keptBytesCap: 1 << 20);
        Parallel.For(0, 4, worker =>
        {
            for (var round = 0; round < 2_000; round++)
            {
                var (one, other) = (pool.Rent(1024 << (round % 3)), pool.Rent(1024));
                unsafe
                {
                    // A block that was freed or handed out twice would not keep them.
                    *(int*)one.Pointer = worker;
                    *(int*)other.Pointer = ~worker;
                    pool.ReleaseUnused();
                    Assert.Equal((worker, ~worker), (*(int*)one.Pointer, *(int*)other.Pointer));
                }
                pool.Return(one);
                pool.Return(other);
            }
        });
        Assert.Equal(0, pool.Rented);
        pool.ReleaseUnused();
        pool.ReleaseUnused();
        Assert.Equal(0, pool.KeptBytes);
    }

    [Fact]
    public void What_the_system_has_no_memory_for_is_refused_and_not_counted()
    {
        using var backend = new CpuBackend(new CpuOptions { Threads = 1 });
        var refused = Assert.Throws<OutOfDeviceMemoryException>(() => backend.Empty([1 << 30, 1 << 24]));
        Assert.Equal("cpu", refused.Device);
        Assert.Equal((0, 0, 0, 0), (backend.LiveTensors, backend.Runtime.Buffers.Rented, backend.Memory.InUse, backend.Memory.Peak));
    }

    [Fact]
    public void Size_classes_waste_at_most_a_fifth()
    {
        for (long bytes = 1024; bytes < 1L << 40; bytes = (bytes * 9 / 8) + 1)
        {
            var size = BufferPool.SizeClass(bytes);
            Assert.InRange(size, bytes, bytes * 5 / 4);
            Assert.Equal(size, BufferPool.SizeClass(size));
        }
    }

    [Fact]
    public void Operations_return_all_scratch_memory()
    {
        using var backend = new CpuBackend(new CpuOptions { Threads = 2 });
        using (var scope = new TensorScope(backend))
        {
            using var conv = backend.LoadConv(Engines.Stored("c", DType.Float32, [8, 8, 3, 3], 1), null);
            using var linear = backend.LoadLinear(Engines.Stored("w", DType.BFloat16, [64, 64], 1), null);
            var picture = scope.From(Engines.Random(16 * 16 * 8, 1), [16, 16, 8]);
            backend.Conv2d(picture, conv, Padding.All(1), 1, scope.Empty([16, 16, 8]));
            backend.Conv2d(picture, conv, Padding.All(1), 1, scope.Empty([32, 32, 8]), upsample: true);
            var x = scope.From(Engines.Random(40 * 64, 1), [40, 64]);
            backend.Linear(x, linear, scope.Empty([40, 64]));
            backend.Attention(x, x, x, 2, 2, 1, false, scope.Empty([40, 64]));
        }
        Assert.Equal(0, backend.Runtime.Buffers.Rented);
        Assert.Equal(0, backend.LiveTensors);
    }

    [Fact]
    public void The_budget_of_packed_weights_is_kept_and_given_back()
    {
        using var backend = new CpuBackend(new CpuOptions { Threads = 1, PackedWeightBytes = 64 * 64 * 4 });
        using var x = backend.From(Engines.Random(20 * 64, 1), [20, 64]);
        using var into = backend.Empty([20, 64]);
        for (var round = 0; round < 3; round++)
        {
            using var first = backend.LoadLinear(Engines.Stored("w", DType.BFloat16, [64, 64], 1), null);
            using var second = backend.LoadLinear(Engines.Stored("w", DType.BFloat16, [64, 64], 1), null);
            backend.Linear(x, first, into);
            Assert.Equal(3, backend.Runtime.Buffers.Rented);
            backend.Linear(x, second, into);
            Assert.Equal(3, backend.Runtime.Buffers.Rented);
        }
        Assert.Equal(2, backend.Runtime.Buffers.Rented);
    }
}
