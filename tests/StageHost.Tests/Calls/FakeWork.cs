using QwenMesh.Protocol.V1;
using QwenMesh.StageHost.Calls;

namespace QwenMesh.StageHost.Tests.Calls;

/// <summary>What the sessions of a stage under test do, and how often they were asked to.</summary>
internal sealed class FakeWork
{
    private int _parts;
    private int _disposed;

    /// <summary>One part: its number from 1, the answer, the call's token; whether there is another one.</summary>
    public Func<int, StageOutput<DenoiseResponse>, CancellationToken, bool> Part { get; set; } = (_, _, _) => false;

    /// <summary>Answers without computing; null for never.</summary>
    public Func<FakeJob, StageOutput<DenoiseResponse>, bool>? Known { get; set; }

    /// <summary>Runs when a call's input is made into a job.</summary>
    public Action? Joining { get; set; }

    /// <summary>Runs when a session begins.</summary>
    public Action? Beginning { get; set; }

    /// <summary>Parts that were begun by all sessions.</summary>
    public int Parts => Volatile.Read(ref _parts);

    /// <summary>Sessions that have ended.</summary>
    public int Disposed => Volatile.Read(ref _disposed);

    /// <summary>The last job.</summary>
    public FakeJob? Job { get; private set; }

    public IStageSession Begin(FakeJob job, StageOutput<DenoiseResponse> output)
    {
        Beginning?.Invoke();
        Job = job;
        return new Session(this, output);
    }

    /// <summary>Takes part until the call is cancelled.</summary>
    public static void WaitForCancellation(CancellationToken cancellation)
    {
        Assert.True(cancellation.WaitHandle.WaitOne(TimeSpan.FromSeconds(60)), "gave up waiting for the call's cancellation");
        cancellation.ThrowIfCancellationRequested();
    }

    private sealed class Session(FakeWork work, StageOutput<DenoiseResponse> output) : IStageSession
    {
        private int _part;

        public bool Advance(CancellationToken cancellation)
        {
            Interlocked.Increment(ref work._parts);
            return work.Part(++_part, output, cancellation);
        }

        public void Dispose() => Interlocked.Increment(ref work._disposed);
    }
}
