using Microsoft.Extensions.Options;
using QwenMesh.Tensors;
using QwenMesh.Tensors.Cpu;

namespace QwenMesh.StageHost.Tests;

public sealed class UnusedMemoryTests
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();

    [Fact]
    public void An_engine_gives_back_what_it_has_not_used_for_a_period()
    {
        using var engine = new CpuBackend(new CpuOptions { Threads = 1 });
        using var watch = Watch(engine, new EngineHostOptions());
        Use(engine, 1 << 20);
        _time.Advance(Period);
        Assert.InRange(Kept(engine), 4 << 20, long.MaxValue); // Used since the start.

        Use(engine, 1 << 10);
        _time.Advance(Period - TimeSpan.FromSeconds(1));
        Assert.InRange(Kept(engine), 4 << 20, long.MaxValue);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(Kept(engine), 4 << 10, 8 << 10); // What was used meanwhile stays.

        _time.Advance(Period);
        Assert.Equal(0, Kept(engine));
        Use(engine, 1 << 20);
    }

    [Fact]
    public void Zero_seconds_keep_it()
    {
        using var engine = new CpuBackend(new CpuOptions { Threads = 1 });
        using var watch = Watch(engine, new EngineHostOptions { KeepSeconds = 0 });
        Use(engine, 1 << 20);
        _time.Advance(10 * Period);
        Assert.InRange(Kept(engine), 4 << 20, long.MaxValue);
    }

    [Fact]
    public void The_timer_ends_with_the_service()
    {
        using var engine = new CpuBackend(new CpuOptions { Threads = 1 });
        var watch = Watch(engine, new EngineHostOptions { KeepSeconds = 1 });
        Assert.Equal(1, _time.Timers);
        watch.Dispose();
        Assert.Equal(0, _time.Timers);
    }

    private UnusedMemory Watch(TensorBackend engine, EngineHostOptions options)
    {
        var watch = new UnusedMemory(Options.Create(options), _time);
        watch.Watch(engine);
        return watch;
    }

    private static void Use(CpuBackend engine, int floats)
    {
        using var tensor = engine.Empty([floats]);
        Assert.Equal(floats, tensor.Shape.Count);
    }

    private static long Kept(CpuBackend engine) => engine.Runtime.Buffers.KeptBytes;
}
