using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace QwenMesh.Tensors.Cpu;

/// <summary>
/// The engine's own threads. A caller splits an operation into items whose bounds depend on shapes alone and works on them itself
/// together with whichever workers are free, so results do not depend on how many there are. Callers may be concurrent or nested:
/// each can finish its own job alone, so none waits for a worker.
/// </summary>
internal sealed class WorkerPool : IDisposable
{
    // Longer than the gap between two operations of a model, and short enough not to keep a core from other processes.
    private static readonly long SpinTicks = Stopwatch.Frequency * 30 / 1_000_000;

    private readonly Lock _lock = new();
    private readonly List<Job> _jobs = [];
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Thread[] _threads;
    private int _version;
    private int _parked;
    private volatile bool _stopping;

    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _threads = new Thread[threads - 1];
        for (var i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new Thread(Serve) { IsBackground = true, Name = $"qwenmesh-cpu-{i + 1}" };
            _threads[i].Start();
        }
    }

    public int Threads => _threads.Length + 1;

    /// <summary>Calls <paramref name="body"/> once for each index below <paramref name="count"/>, in any order, and waits.</summary>
    public void For(int count, Action<int> body)
    {
        ObjectDisposedException.ThrowIf(_stopping, this);
        if (count <= 1 || _threads.Length == 0)
        {
            for (var i = 0; i < count; i++)
            {
                body(i);
            }
            return;
        }
        var job = new Job(count, body);
        Publish(job);
        job.Work();
        lock (_lock)
        {
            _jobs.Remove(job);
        }
        job.Wait(SpinTicks);
    }

    public void Dispose()
    {
        if (_stopping)
        {
            return;
        }
        _stopping = true;
        if (_threads.Length > 0)
        {
            _wake.Release(_threads.Length);
        }
        foreach (var thread in _threads)
        {
            thread.Join();
        }
        _wake.Dispose();
    }

    private void Publish(Job job)
    {
        int wake;
        lock (_lock)
        {
            _jobs.Add(job);
            _version++;
            wake = Math.Min(_parked, job.Count - 1);
            _parked -= wake;
        }
        if (wake > 0)
        {
            _wake.Release(wake);
        }
    }

    private void Serve()
    {
        while (!_stopping)
        {
            if (Find(out var version) is { } job)
            {
                job.Work();
            }
            else if (!SpinFor(version))
            {
                Park(version);
            }
        }
    }

    private Job? Find(out int version)
    {
        lock (_lock)
        {
            version = _version;
            foreach (var job in _jobs)
            {
                if (job.HasWork)
                {
                    return job;
                }
            }
            return null;
        }
    }

    private bool SpinFor(int version)
    {
        var until = Stopwatch.GetTimestamp() + SpinTicks;
        while (Stopwatch.GetTimestamp() < until)
        {
            if (Volatile.Read(ref _version) != version || _stopping)
            {
                return true;
            }
            Thread.SpinWait(8);
        }
        return false;
    }

    private void Park(int version)
    {
        lock (_lock)
        {
            if (_version != version || _stopping)
            {
                return;
            }
            _parked++;
        }
        _wake.Wait();
    }

    private sealed class Job(int count, Action<int> body)
    {
        private int _next;
        private int _done;
        private ExceptionDispatchInfo? _failure;

        public int Count => count;

        public bool HasWork => Volatile.Read(ref _next) < count;

        public void Work()
        {
            var done = 0;
            for (var i = Interlocked.Increment(ref _next) - 1; i < count; i = Interlocked.Increment(ref _next) - 1)
            {
                Run(i);
                done++;
            }
            if (done > 0 && Interlocked.Add(ref _done, done) == count)
            {
                lock (this)
                {
                    Monitor.PulseAll(this);
                }
            }
        }

        public void Wait(long spinTicks)
        {
            var until = Stopwatch.GetTimestamp() + spinTicks;
            while (Volatile.Read(ref _done) < count && Stopwatch.GetTimestamp() < until)
            {
                Thread.SpinWait(8);
            }
            lock (this)
            {
                while (Volatile.Read(ref _done) < count)
                {
                    Monitor.Wait(this);
                }
            }
            _failure?.Throw();
        }

        private void Run(int index)
        {
            if (Volatile.Read(ref _failure) is not null)
            {
                return;
            }
            try
            {
                body(index);
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(exception), null);
            }
        }
    }
}
