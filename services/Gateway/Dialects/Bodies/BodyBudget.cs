using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;

namespace QwenMesh.Gateway.Dialects.Bodies;

/// <summary>The bytes that all request bodies in the process take. Charged as bodies arrive, never for what a client announces.</summary>
internal sealed class BodyBudget
{
    private readonly long _most;
    private long _taken;

    public BodyBudget(IOptions<DialectOptions> options, IMeterFactory meters)
    {
        _most = options.Value.MaxBodyMemoryBytes;
        // The factory's: it ends with the host.
        meters.Create(GatewayInstrumentation.Name).CreateObservableUpDownCounter(
            "qwenmesh.gateway.bodies.memory", () => Taken, "By", "Memory that request bodies take, unpacked and parsed.");
    }

    /// <summary>Bytes charged now.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>The account of one request.</summary>
    public BodyCharge Open() => new(this);

    private void Take(long bytes, long already)
    {
        if (already + bytes > _most)
        {
            throw new DialectException(
                DialectErrorKind.BodyTooLarge, $"the request body takes more than the {_most} bytes of memory that there are for bodies");
        }
        if (Interlocked.Add(ref _taken, bytes) > _most)
        {
            Interlocked.Add(ref _taken, -bytes);
            throw new DialectException(DialectErrorKind.Overloaded, "too many request bodies are being read; try again later");
        }
    }

    /// <summary>What one request's body takes, until it is disposed of. Used by one request at a time.</summary>
    internal sealed class BodyCharge(BodyBudget budget) : IDisposable
    {
        private long _bytes;
        private bool _closed;

        /// <exception cref="DialectException">The budget is used up.</exception>
        public void Add(long bytes)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            budget.Take(bytes, _bytes);
            _bytes += bytes;
        }

        /// <summary>Gives back what was only needed for a while.</summary>
        public void Return(long bytes)
        {
            _bytes -= bytes;
            Interlocked.Add(ref budget._taken, -bytes);
        }

        public void Dispose()
        {
            _closed = true;
            Interlocked.Add(ref budget._taken, -Interlocked.Exchange(ref _bytes, 0));
        }
    }
}
