namespace QwenMesh.Mesh.Tests.Faults;

/// <summary>One Gateway, two replicas of every stage, PostgreSQL and an S3 service, with a proxy before each but the Gateway.</summary>
public sealed class FaultyMesh : IAsyncLifetime
{
    internal const string Encode = "/qwenmesh.v1.EncoderStage/Encode";
    internal const string VaeEncode = "/qwenmesh.v1.VaeStage/Encode";
    internal const string Denoise = "/qwenmesh.v1.DenoiserStage/Denoise";
    internal const string VaeDecode = "/qwenmesh.v1.VaeStage/Decode";

    /// <summary>As short as they may be on a busy machine: a fault costs a cell what it takes to be noticed.</summary>
    private static readonly Dictionary<string, string> GatewaySettings = new()
    {
        ["Gateway__CheckpointSteps"] = "2",
        ["Gateway__StallSeconds"] = "1",
        ["Gateway__StallSteps"] = "5",
        ["Gateway__RetryAfterSeconds"] = "1",
        ["Gateway__RetrySeconds"] = "60",
        ["Gateway__MaxAttempts"] = "8",
        ["Stages__HealthIntervalSeconds"] = "0.25",
        ["Stages__HealthTimeoutSeconds"] = "2",
        ["Stages__EjectionSeconds"] = "1",
        ["Jobs__LeaseSeconds"] = "1",
        ["Jobs__PollSeconds"] = "0.5",
        ["Jobs__CheckpointSeconds"] = "0",
        ["Jobs__MaxLosses"] = "100",
    };

    private readonly PostgresVictim _postgres = new();
    private readonly BlobVictim _blobs = new();
    private readonly Dictionary<string, StageVictim[]> _stages = new(StringComparer.Ordinal)
    {
        ["Encoder"] = Two("Encoder", Encode),
        ["Denoiser"] = Two("Denoiser", Denoise),
        ["Vae"] = Two("Vae", VaeEncode, VaeDecode),
    };

    internal ServiceProcess Gateway { get; private set; } = null!;

    private IEnumerable<StageVictim> Stages => _stages.Values.SelectMany(pool => pool);

    public async ValueTask InitializeAsync()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await _postgres.StartAsync(cancellation);
        await _blobs.StartAsync(cancellation);
        await Task.WhenAll(Stages.Select(stage => stage.StartAsync(cancellation)));
        var settings = new Dictionary<string, string>([.. GatewaySettings, .. _blobs.Settings]) { ["Jobs__ConnectionString"] = _postgres.ConnectionString };
        foreach (var (name, pool) in _stages)
        {
            foreach (var (index, stage) in pool.Index())
            {
                settings[$"Stages__{name}__Addresses__{index}"] = stage.Address;
            }
        }
        Gateway = await ServiceProcess.StartGateway([], [], [], settings).ReadyAsync("/v1/health/ready", cancellation);
    }

    /// <summary>Makes the strike hit where it belongs.</summary>
    internal void Place(Strike strike, Place place, Moment moment)
    {
        foreach (var proxy in ProxiesOf(place))
        {
            proxy.Strike = strike;
        }
        if (place is Faults.Place.Postgres or Faults.Place.BlobStore && moment != Moment.Before)
        {
            foreach (var stage in Stages)
            {
                stage.Proxy.Passing = piece => ArmAt(moment, piece, strike);
            }
        }
    }

    /// <summary>Ends the fault of a database or a blob store, of which there is only one.</summary>
    internal Task HealAsync(Place place, CancellationToken cancellationToken) => place switch
    {
        Faults.Place.Postgres => _postgres.HealAsync(cancellationToken),
        Faults.Place.BlobStore => _blobs.HealAsync(cancellationToken),
        _ => Task.CompletedTask,
    };

    internal async Task HealAllAsync(CancellationToken cancellationToken)
    {
        foreach (var proxy in Stages.Select(stage => stage.Proxy).Append(_postgres.Proxy).Append(_blobs.Proxy))
        {
            (proxy.Strike, proxy.Passing) = (null, null);
        }
        foreach (var victim in Stages.Cast<IVictim>().Append(_postgres).Append(_blobs))
        {
            await victim.HealAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Gateway is not null)
        {
            await Gateway.DisposeAsync();
        }
        foreach (var stage in Stages)
        {
            await stage.DisposeAsync();
        }
        await _postgres.DisposeAsync();
        await _blobs.DisposeAsync();
    }

    private static StageVictim[] Two(string name, params string[] paths)
    {
        Dictionary<string, string> settings = new() { ["Stage__Threads"] = "1" };
        return [new(name, settings, paths), new(name, settings, paths)];
    }

    // The picture is being denoised; its last computation is done.
    private static void ArmAt(Moment moment, Piece piece, Strike strike)
    {
        if (moment == Moment.During
            ? piece is { Call: Denoise, FromClient: false, Kind: PieceKind.Data }
            : piece is { Call: VaeDecode, Kind: PieceKind.Trailers })
        {
            strike.Arm();
        }
    }

    private IEnumerable<FaultProxy> ProxiesOf(Place place) => place switch
    {
        Faults.Place.Encoder => _stages["Encoder"].Select(stage => stage.Proxy),
        Faults.Place.Denoiser => _stages["Denoiser"].Select(stage => stage.Proxy),
        Faults.Place.VaeEncode or Faults.Place.VaeDecode => _stages["Vae"].Select(stage => stage.Proxy),
        Faults.Place.Postgres => [_postgres.Proxy],
        _ => [_blobs.Proxy],
    };
}
