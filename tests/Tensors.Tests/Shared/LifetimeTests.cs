using QwenMesh.Testing.Operations;

namespace QwenMesh.Tensors.Tests.Shared;

/// <summary>Who owns what, and for how long. The same on every engine.</summary>
/// <param name="open">Opens the engine.</param>
public abstract class LifetimeTests(Func<TensorBackend> open)
{
    [Fact]
    public void Live_tensors_are_counted_without_views_and_weights()
    {
        using var backend = open();
        using var weight = backend.LoadLinear(Stored("w", [4, 4]), null);
        var x = backend.Empty([6, 4]);
        using (x.Rows(1, 2))
        {
            Assert.Equal(1, backend.LiveTensors);
        }
        Assert.Equal(1, backend.LiveTensors);
        x.Dispose();
        x.Dispose();
        Assert.Equal(0, backend.LiveTensors);
    }

    [Fact]
    public void Use_after_dispose_throws_through_views_too()
    {
        using var backend = open();
        var x = backend.From([1, 2, 3, 4], [2, 2]);
        var view = x.Rows(1, 1);
        x.Dispose();
        Assert.Throws<ObjectDisposedException>(() => backend.Read(x, new float[4]));
        Assert.Throws<ObjectDisposedException>(() => backend.Read(view, new float[2]));
        Assert.Throws<ObjectDisposedException>(() => view.Reshape([2, 1]));
        Assert.Throws<ObjectDisposedException>(() => x.Rows(0, 1));
    }

    [Fact]
    public void Disposed_weights_are_not_read()
    {
        using var backend = open();
        using var scope = new TensorScope(backend);
        var linear = backend.LoadLinear(Stored("w", [4, 4]), null);
        var conv = backend.LoadConv(Stored("c", [4, 4, 3, 3]), null);
        var x = scope.From(new float[64], [4, 4, 4]);
        backend.Linear(x, linear, scope.Empty([4, 4, 4]));
        backend.Conv2d(x, conv, Padding.All(1), 1, scope.Empty([4, 4, 4]));
        for (var i = 0; i < 2; i++)
        {
            linear.Dispose();
            conv.Dispose();
            Assert.Throws<ObjectDisposedException>(() => backend.Linear(x, linear, scope.Empty([4, 4, 4])));
            Assert.Throws<ObjectDisposedException>(() => backend.Conv2d(x, conv, Padding.All(1), 1, scope.Empty([4, 4, 4])));
        }
    }

    [Fact]
    public void A_disposed_engine_gives_no_memory()
    {
        var backend = open();
        var x = backend.Empty([2, 2]);
        backend.Dispose();
        backend.Dispose();
        Assert.Throws<ObjectDisposedException>(() => backend.Empty([1]));
        x.Dispose();
        Assert.Equal(0, backend.LiveTensors);
    }

    [Fact]
    public void Memory_in_use_follows_tensors_and_the_peak_stays()
    {
        using var backend = open();
        var before = backend.Memory.InUse;
        using (backend.Empty([1 << 18], DType.Float32))
        {
            Assert.True(backend.Memory.InUse >= before + (1 << 20));
        }
        Assert.Equal(before, backend.Memory.InUse);
        Assert.True(backend.Memory.Peak >= before + (1 << 20));
    }

    [Fact]
    public async Task Reads_are_the_same_when_they_are_awaited()
    {
        using var backend = open();
        using var x = backend.From([1, 2, 3, 4], [2, 2]);
        var elements = new float[4];
        await backend.ReadAsync(x, elements, TestContext.Current.CancellationToken);
        Assert.Equal([1, 2, 3, 4], elements);
        using var rgb = backend.Empty([4], DType.UInt8);
        backend.ToRgb8(x, rgb);
        var bytes = new byte[4];
        await backend.ReadAsync(rgb, bytes, TestContext.Current.CancellationToken);
        Assert.Equal([255, 255, 255, 255], bytes);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => backend.ReadAsync(x, elements, new CancellationToken(true)).AsTask());
    }

    private static HostTensor Stored(string name, Shape shape) => OperationRun.Stored(name, DType.Float32, shape, new float[shape.Count]);
}
