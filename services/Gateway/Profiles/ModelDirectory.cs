using System.Diagnostics;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Stages;

namespace QwenMesh.Gateway.Profiles;

/// <summary>
/// The models that the mesh serves, from what all replicas say: asked until they agree, when the replicas change, and every ten seconds. While
/// replicas of one pool have different models its model is not served, because a picture must not depend on the replica that a call happens to reach.
/// Models whose encoder or vae is the same share the replicas of both pools.
/// </summary>
internal sealed partial class ModelDirectory(
    StageDirectory stages, ReplicaModels replicas, ProfileCatalog profiles, ModelNames names, IOptionsMonitor<StagesOptions> options, TimeProvider time,
    ILogger<ModelDirectory> logger) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Known = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, string> _logged = new(StringComparer.Ordinal);
    private volatile IReadOnlyList<ServedModel> _all = [];
    private volatile string _reason = "the stages have not been asked yet";

    /// <summary>All that are served now, the default first.</summary>
    public IReadOnlyList<ServedModel> All => _all;

    /// <summary>The default model; null until all its replicas have answered and agree.</summary>
    public ServedModel? Current => _all.FirstOrDefault(model => model.Name.Length == 0);

    /// <summary>Why there is no default model.</summary>
    public string Reason => _reason;

    /// <summary>
    /// The model that answers to a name: of its deployment, its checkpoint or its profile, or one of these without the publisher; null when none does. Of
    /// several the first, and the default is first.
    /// </summary>
    public ServedModel? Find(string name) =>
        _all.FirstOrDefault(model => model.Name.Length > 0 && Is(model.Name, name))
        ?? _all.FirstOrDefault(model => Is(model.ModelId, name))
        ?? _all.FirstOrDefault(model => names.Serves(model.Profile, name))
        ?? _all.FirstOrDefault(model => names.All(model.Profile).Append(model.ModelId).Any(full => Is(full[(full.LastIndexOf('/') + 1)..], name)));

    /// <summary>The model that a request asks for; null when none has this name.</summary>
    /// <param name="name">Null or empty for the default.</param>
    /// <exception cref="GenerationException">It is not ready, or cannot be told while the default is not.</exception>
    public ServedModel? Choose(string? name)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            return Current ?? throw NotReady(_reason);
        }
        return Find(name)
            ?? (Current is null ? throw NotReady(_reason) : Deployments.Contains(name, StringComparer.OrdinalIgnoreCase) ? throw NotReady(name) : null);
    }

    /// <exception cref="GenerationException">No model at all is ready.</exception>
    public void DemandAny()
    {
        if (_all.Count == 0)
        {
            throw NotReady(_reason);
        }
    }

    /// <summary>Names that choose a model.</summary>
    public IEnumerable<string> NamesOf(ServedModel model)
    {
        var own = names.All(model.Profile).Where(name => ReferenceEquals(Find(name), model));
        return model.Name.Length > 0 ? own.Append(model.Name).Distinct(StringComparer.OrdinalIgnoreCase) : own;
    }

    /// <summary>All names, for those who asked for another.</summary>
    public string Names => string.Join(", ", _all.SelectMany(NamesOf));

    private static bool Is(string name, string asked) => name.Equals(asked, StringComparison.OrdinalIgnoreCase);

    private static GenerationException NotReady(string reason) => new(new GenerationFault(null, FaultKind.Unavailable, $"no model is ready: {reason}"));

    private IReadOnlyList<string> Deployments => ["", .. options.CurrentValue.Models.Keys.Order(StringComparer.Ordinal)];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var asked = Replicas();
            await RefreshAsync(stoppingToken);
            stages.Trim();
            var started = time.GetTimestamp();
            do
            {
                await Task.Delay(Tick, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            while (!stoppingToken.IsCancellationRequested && _all.Count == Deployments.Count && time.GetElapsedTime(started) < Known
                && asked.SetEquals(Replicas()));
        }
    }

    private HashSet<object> Replicas() => [.. Deployments.SelectMany(Clusters).Distinct().SelectMany(cluster => stages.Replicas(cluster.Id))];

    private IEnumerable<(string Stage, string Id)> Clusters(string deployment) =>
        StageNames.All.Select(stage => (stage, StageRoutes.ClusterOf(options.CurrentValue, deployment, stage)));

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        // Not sampled, so that the calls below leave no traces.
        using var quiet = new Activity("qwenmesh.model_info").Start();
        var clusters = Deployments.SelectMany(Clusters).Distinct().ToArray();
        var answers = await Task.WhenAll(clusters.Select(cluster => AskAsync(cluster.Stage, cluster.Id, cancellationToken)));
        var known = clusters.Zip(answers).ToDictionary(pair => pair.First.Id, pair => pair.Second, StringComparer.Ordinal);
        _all = [.. Deployments.Select(deployment => Serve(deployment, known)).OfType<ServedModel>()];
    }

    private async Task<PoolAnswer> AskAsync(string stage, string cluster, CancellationToken cancellationToken)
    {
        try
        {
            return new PoolAnswer(stage, cluster, await replicas.AskAsync(stage, cluster, cancellationToken), null);
        }
        catch (StageCallException exception)
        {
            return new PoolAnswer(stage, cluster, [], exception.Fault.Detail);
        }
    }

    private ServedModel? Serve(string deployment, Dictionary<string, PoolAnswer> known)
    {
        var pools = Clusters(deployment).Select(cluster => known[cluster.Id]).ToArray();
        var before = _all.FirstOrDefault(model => model.Name == deployment);
        if (Array.Find(pools, pool => pool.Silence is not null) is { } silent)
        {
            // The known model stays: a stage that is busy or restarting has not changed it.
            SetReason(deployment, $"no replica tells its model: {silent.Silence}");
            return before;
        }
        var models = Array.ConvertAll(pools, pool => ReplicaModel.Common(pool.Replicas));
        var fault = pools.Select(pool => ReplicaModel.Mix(pool.Stage, pool.Replicas)).FirstOrDefault(mix => mix is not null)
            ?? ServedModel.Mismatch(models[0], models[1], models[2])
            ?? profiles.Mismatch(ServedModel.MultipleOf(models[1], models[2]));
        if (fault is not null)
        {
            Lose(deployment, fault, string.Join(", ", pools.SelectMany(pool => pool.Replicas).Select(replica => $"{replica.Address} {replica.Model.ModelId}")));
            return null;
        }
        var multiple = ServedModel.MultipleOf(models[1], models[2]);
        var served = new ServedModel(
            deployment, profiles.For(models[1].ModelId, models[1].PipelineClass, multiple), models[0], models[1], models[2],
            new StagePools(Share(pools[0], known), new StagePool(StageNames.Denoiser, [pools[1].Cluster]), Share(pools[2], known)));
        _logged.Remove(deployment);
        if (before is not null && before.IsSame(served))
        {
            return before;
        }
        LogServing(logger, served.ModelId, served.Profile.Id, multiple);
        return served;
    }

    // The pool's own cluster, and those of other models with the same weights.
    private static StagePool Share(PoolAnswer pool, Dictionary<string, PoolAnswer> known) => new(pool.Stage,
    [
        pool.Cluster,
        .. known.Values
            .Where(other => other.Stage == pool.Stage && other.Cluster != pool.Cluster && other.Replicas.Count > 0
                && pool.Replicas[0].Model.Fingerprint.Length > 0
                && other.Replicas.All(replica => replica.Model.Fingerprint == pool.Replicas[0].Model.Fingerprint))
            .Select(other => other.Cluster).Order(StringComparer.Ordinal),
    ]);

    private void Lose(string deployment, string reason, string loaded)
    {
        if (!_logged.TryGetValue(deployment, out var logged) || logged != reason)
        {
            LogLost(logger, reason, loaded);
            _logged[deployment] = reason;
        }
        SetReason(deployment, reason);
    }

    private void SetReason(string deployment, string reason)
    {
        if (deployment.Length == 0)
        {
            _reason = reason;
        }
    }

    private sealed record PoolAnswer(string Stage, string Cluster, IReadOnlyList<ReplicaModel> Replicas, string? Silence);

    [LoggerMessage(30, LogLevel.Information, "Serving {Model} with profile {Profile}; sizes are multiples of {Multiple}")]
    private static partial void LogServing(ILogger logger, string model, string profile, int multiple);

    [LoggerMessage(31, LogLevel.Error, "No model is served: {Reason}. Loaded are {Loaded}")]
    private static partial void LogLost(ILogger logger, string reason, string loaded);
}
