namespace QwenMesh.Gateway.Routing;

/// <summary>Section <c>Stages</c>: where the three pools are and how their replicas are watched. Changes are taken up while running.</summary>
internal sealed class StagesOptions
{
    public const string Section = "Stages";

    public StagePoolOptions Encoder { get; set; } = new();

    public StagePoolOptions Denoiser { get; set; } = new();

    public StagePoolOptions Vae { get; set; } = new();

    /// <summary>
    /// Further models beside the one above, each with pools of its own under a name, e.g. Stages:Models:edit:Denoiser:Addresses:0. A pool without
    /// addresses is the one above: models share it. Clients of the stages name such a model in the header x-qwenmesh-model.
    /// </summary>
    public IDictionary<string, StageModelOptions> Models { get; set; } = new Dictionary<string, StageModelOptions>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Seconds between gRPC health checks of every replica. Default 2.</summary>
    public double HealthIntervalSeconds { get; set; } = 2;

    /// <summary>Seconds that a health check may take; long, because a busy CPU stage answers late. Default 10.</summary>
    public double HealthTimeoutSeconds { get; set; } = 10;

    /// <summary>Calls in a row that must find a replica unavailable before it is left out. Default 2.</summary>
    public int EjectAfterFailures { get; set; } = 2;

    /// <summary>Seconds that such a replica is left out. Default 10.</summary>
    public double EjectionSeconds { get; set; } = 10;

    /// <summary>Seconds between look-ups of dns:/// names. Default 5.</summary>
    public double DnsRefreshSeconds { get; set; } = 5;

    /// <summary>Seconds without any traffic after which a call through the gRPC port is ended; a slow step is silent. Default 3600.</summary>
    public double ActivityTimeoutSeconds { get; set; } = 3600;

    /// <summary>Every pool with its key below this section.</summary>
    internal IEnumerable<(string Name, StagePoolOptions Pool)> AllPools =>
    [
        (nameof(Encoder), Encoder), (nameof(Denoiser), Denoiser), (nameof(Vae), Vae),
        .. Models.SelectMany(model => model.Value.Pools.Select(pool => ($"{nameof(Models)}:{model.Key}:{pool.Name}", pool.Pool))),
    ];

    internal IEnumerable<string> Validate()
    {
        foreach (var (name, model) in Models)
        {
            if (name.Length > 64 || !name.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.'))
            {
                yield return $"{Section}:{nameof(Models)}:{name}: a name has letters, digits, '-', '_' and '.', at most 64 of them";
            }
            if (model.Denoiser.Addresses.Count == 0)
            {
                yield return $"{Section}:{nameof(Models)}:{name}:{nameof(Denoiser)}:{nameof(StagePoolOptions.Addresses)} is empty; the other two may be shared, this one makes the model";
            }
        }
        foreach (var (name, pool) in AllPools)
        {
            for (var i = 0; i < pool.Addresses.Count; i++)
            {
                if (StageAddress.Fault(pool.Addresses[i]) is { } fault)
                {
                    yield return $"{Section}:{name}:{nameof(pool.Addresses)}:{i} '{pool.Addresses[i]}' {fault}";
                }
            }
        }
        (string Key, double Value, double Least, double Most)[] ranges =
        [
            (nameof(HealthIntervalSeconds), HealthIntervalSeconds, 0.05, 3600),
            (nameof(HealthTimeoutSeconds), HealthTimeoutSeconds, 0.05, 3600),
            (nameof(EjectAfterFailures), EjectAfterFailures, 1, 1000),
            (nameof(EjectionSeconds), EjectionSeconds, 0.05, 3600),
            (nameof(DnsRefreshSeconds), DnsRefreshSeconds, 0.05, 3600),
            (nameof(ActivityTimeoutSeconds), ActivityTimeoutSeconds, 1, 86_400),
        ];
        foreach (var (key, value, least, most) in ranges)
        {
            if (!(value >= least && value <= most))
            {
                yield return FormattableString.Invariant($"{Section}:{key} is {value}; {least} to {most} are allowed");
            }
        }
    }
}

/// <summary>The pools of one further model.</summary>
internal sealed class StageModelOptions
{
    public StagePoolOptions Encoder { get; set; } = new();

    public StagePoolOptions Denoiser { get; set; } = new();

    public StagePoolOptions Vae { get; set; } = new();

    internal IEnumerable<(string Name, StagePoolOptions Pool)> Pools => [(nameof(Encoder), Encoder), (nameof(Denoiser), Denoiser), (nameof(Vae), Vae)];
}

/// <summary>One pool. No address means the port that the stage has by default on this machine.</summary>
internal sealed class StagePoolOptions
{
    /// <summary>http://host:port (https:// with section Tls) for one replica; dns:///name:port for every address that the name has.</summary>
    public IList<string> Addresses { get; set; } = [];
}
