using System.Diagnostics;
using System.Net;

namespace QwenMesh.Mesh.Tests.Upgrades;

/// <summary>Sends requests in turn to the Gateways whose readiness route answers 200, as a Kubernetes Service does.</summary>
internal sealed class ReadyGateways : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    // What is older says nothing: this process may have stood still, and a Gateway that is about to end waits only for so long that it is seen.
    private static readonly TimeSpan Oldest = TimeSpan.FromSeconds(2);

    private readonly Func<IEnumerable<ServiceProcess>> _all;
    private readonly HttpClient _probe = new() { Timeout = TimeSpan.FromSeconds(1) };
    private readonly CancellationTokenSource _end = new();
    private readonly Task _probing;

    private Round _last = new([], 0);
    private int _next;

    public ReadyGateways(Func<IEnumerable<ServiceProcess>> all)
    {
        _all = all;
        _probing = ProbeAsync();
    }

    /// <summary>The next one's address; waits until there is one.</summary>
    public async Task<Uri> NextAsync(CancellationToken cancellationToken)
    {
        while (Volatile.Read(ref _last) is var (ready, asked))
        {
            if (ready.Length > 0 && Stopwatch.GetElapsedTime(asked) < Oldest)
            {
                return ready[(Interlocked.Increment(ref _next) & int.MaxValue) % ready.Length];
            }
            await Task.Delay(Period, cancellationToken);
        }
        throw new InvalidOperationException();
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _probing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _probe.Dispose();
        _end.Dispose();
    }

    private async Task ProbeAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            var asked = Stopwatch.GetTimestamp();
            var all = _all().Select(gateway => new Uri($"http://127.0.0.1:{gateway.HttpPort}")).ToArray();
            var ready = await Task.WhenAll(all.Select(IsReadyAsync));
            Volatile.Write(ref _last, new Round([.. all.Where((_, index) => ready[index])], asked));
            await Task.Delay(Period, _end.Token);
        }
    }

    private async Task<bool> IsReadyAsync(Uri address)
    {
        try
        {
            using var response = await _probe.GetAsync(new Uri(address, "/health/ready"), _end.Token);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    /// <param name="Ready">Those that have said that they are.</param>
    /// <param name="Asked">When they were asked.</param>
    private sealed record Round(Uri[] Ready, long Asked);
}
