using System.Diagnostics;
using QwenMesh.Tensors;

namespace QwenMesh.Gpu.Bench;

/// <summary>Times work on a device that runs behind the calls: reading an element waits for all that was asked for before.</summary>
internal sealed class DeviceClock : IDisposable
{
    private readonly TensorBackend _backend;
    private readonly Tensor _mark;
    private readonly float[] _read = new float[1];

    public DeviceClock(TensorBackend backend)
    {
        _backend = backend;
        _mark = backend.From([1f], [1]);
    }

    /// <summary>Waits until the device has done everything.</summary>
    public void Wait() => _backend.Read(_mark, _read);

    /// <summary>Time in milliseconds until the work is done.</summary>
    public double Time(Action work)
    {
        Wait();
        var started = Stopwatch.GetTimestamp();
        work();
        Wait();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    /// <summary>Median time in milliseconds of one call: rounds of as many calls as fill <paramref name="roundMilliseconds"/>, after a round to warm up.</summary>
    public double PerCall(Action work, int rounds = 5, double roundMilliseconds = 50)
    {
        work();
        var once = Time(work);
        var calls = Math.Clamp((int)(roundMilliseconds / Math.Max(once, 1e-3)), 1, 1000);
        return Median(rounds, () => Time(() =>
        {
            for (var call = 0; call < calls; call++)
            {
                work();
            }
        }) / calls);
    }

    public static double Median(int rounds, Func<double> measure)
    {
        var times = Enumerable.Range(0, rounds).Select(_ => measure()).Order().ToArray();
        return times[times.Length / 2];
    }

    public void Dispose() => _mark.Dispose();
}
