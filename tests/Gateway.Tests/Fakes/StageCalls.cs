using System.Collections.Concurrent;
using Grpc.Core;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>The calls that a fake stage has received, and the fault that it answers with when a test sets one.</summary>
internal sealed class StageCalls
{
    private readonly ConcurrentQueue<RpcException> _faults = new();
    private int _running;
    private int _held;

    public ConcurrentQueue<Metadata> Headers { get; } = new();

    public ConcurrentQueue<DateTime> Deadlines { get; } = new();

    public int Count => Headers.Count;

    /// <summary>Calls that wait in <see cref="HoldAsync"/>: their input is complete.</summary>
    public int Held => Volatile.Read(ref _held);

    public int Running => Volatile.Read(ref _running);

    /// <summary>Ends when a call has been cancelled while it was held.</summary>
    public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when a call has reached <see cref="HoldAsync"/>.</summary>
    public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Calls wait for it before they compute; completed unless a test sets another.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    /// <summary>The next call fails with this.</summary>
    public void FailNext(RpcException fault) => _faults.Enqueue(fault);

    /// <summary>Every call fails with this.</summary>
    public RpcException? AlwaysFail { get; set; }

    public IDisposable Enter(ServerCallContext context)
    {
        Headers.Enqueue(context.RequestHeaders);
        Deadlines.Enqueue(context.Deadline);
        if (_faults.TryDequeue(out var fault))
        {
            throw fault;
        }
        if (AlwaysFail is not null)
        {
            throw AlwaysFail;
        }
        Interlocked.Increment(ref _running);
        return new Leave(this);
    }

    public async Task HoldAsync(ServerCallContext context)
    {
        var hold = Hold;
        Interlocked.Increment(ref _held);
        Reached.TrySetResult();
        try
        {
            await hold.WaitAsync(context.CancellationToken);
        }
        catch (OperationCanceledException)
        {
            Cancelled.TrySetResult();
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _held);
        }
    }

    private sealed class Leave(StageCalls owner) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref owner._running);
    }
}
