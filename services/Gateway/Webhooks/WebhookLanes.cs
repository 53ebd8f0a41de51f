namespace QwenMesh.Gateway.Webhooks;

/// <summary>Bounds deliveries at a time, all together and to one host: a host that answers slowly keeps the others waiting for nothing.</summary>
internal sealed class WebhookLanes(int most, int mostPerHost)
{
    private readonly Lane _all = new(new SemaphoreSlim(most));
    private readonly Dictionary<string, Lane> _hosts = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Waits for a place. Dispose of it at the end.</summary>
    /// <exception cref="OperationCanceledException">There was none until then.</exception>
    public async Task<IDisposable> EnterAsync(string host, CancellationToken cancellationToken)
    {
        var lane = Take(host);
        try
        {
            // The host's place first: what waits for it takes none of the places of all.
            await lane.Places.WaitAsync(cancellationToken);
            try
            {
                await _all.Places.WaitAsync(cancellationToken);
            }
            catch
            {
                lane.Places.Release();
                throw;
            }
        }
        catch
        {
            Leave(host, lane);
            throw;
        }
        return new Place(this, host, lane);
    }

    private Lane Take(string host)
    {
        lock (_hosts)
        {
            if (!_hosts.TryGetValue(host, out var lane))
            {
                lane = _hosts[host] = new Lane(new SemaphoreSlim(mostPerHost));
            }
            lane.Users++;
            return lane;
        }
    }

    private void Leave(string host, Lane lane)
    {
        lock (_hosts)
        {
            if (--lane.Users == 0)
            {
                _hosts.Remove(host);
            }
        }
    }

    private sealed class Lane(SemaphoreSlim places)
    {
        public SemaphoreSlim Places => places;

        public int Users { get; set; }
    }

    private sealed class Place(WebhookLanes owner, string host, Lane lane) : IDisposable
    {
        public void Dispose()
        {
            owner._all.Places.Release();
            lane.Places.Release();
            owner.Leave(host, lane);
        }
    }
}
