using System.Diagnostics;
using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Stages;

namespace QwenMesh.Gateway.Profiles;

/// <summary>
/// The model that the mesh serves, from what all replicas say: asked until they agree, when the replicas change, and every ten seconds. While
/// replicas of one pool have different models there is none, because a picture must not depend on the replica that a call happens to reach.
/// </summary>
internal sealed partial class ModelDirectory(
    StageDirectory stages, ReplicaModels replicas, ProfileCatalog profiles, TimeProvider time, ILogger<ModelDirectory> logger) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Known = TimeSpan.FromSeconds(10);

    private volatile ServedModel? _current;
    private volatile string _reason = "the stages have not been asked yet";
    private string? _logged;

    /// <summary>The model that is served; null until all replicas have answered and agree.</summary>
    public ServedModel? Current => _current;

    /// <summary>Why there is no model.</summary>
    public string Reason => _reason;

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
            while (!stoppingToken.IsCancellationRequested && _current is not null && time.GetElapsedTime(started) < Known && asked.SetEquals(Replicas()));
        }
    }

    private HashSet<object> Replicas() => [.. StageNames.All.SelectMany(stages.Replicas)];

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        // Not sampled, so that the calls below leave no traces.
        using var quiet = new Activity("qwenmesh.model_info").Start();
        try
        {
            var pools = await Task.WhenAll(StageNames.All.Select(stage => replicas.AskAsync(stage, cancellationToken)));
            if (Fault(pools) is { } fault)
            {
                Lose(fault, string.Join(", ", pools.SelectMany(pool => pool).Select(replica => $"{replica.Address} {replica.Model.ModelId}")));
                return;
            }
            var (encoder, denoiser, vae) = (pools[0][0].Model, pools[1][0].Model, pools[2][0].Model);
            var multiple = ServedModel.MultipleOf(denoiser, vae);
            var served = new ServedModel(profiles.For(denoiser.ModelId, denoiser.PipelineClass, multiple), encoder, denoiser, vae);
            if (_current is null || !_current.IsSame(served))
            {
                LogServing(logger, served.ModelId, served.Profile.Id, multiple);
                _current = served;
            }
            _logged = null;
        }
        catch (StageCallException exception)
        {
            // The known model stays: a stage that is busy or restarting has not changed it.
            _reason = $"no replica tells its model: {exception.Fault.Detail}";
        }
    }

    private string? Fault(IReadOnlyList<ReplicaModel>[] pools)
    {
        var (denoiser, vae) = (pools[1][0].Model, pools[2][0].Model);
        return StageNames.All.Zip(pools, ReplicaModel.Mix).FirstOrDefault(mix => mix is not null)
            ?? ServedModel.Mismatch(pools[0][0].Model, denoiser, vae)
            ?? profiles.Mismatch(ServedModel.MultipleOf(denoiser, vae));
    }

    private void Lose(string reason, string loaded)
    {
        if (_logged != reason)
        {
            LogLost(logger, reason, loaded);
        }
        _current = null;
        _reason = _logged = reason;
    }

    [LoggerMessage(30, LogLevel.Information, "Serving {Model} with profile {Profile}; sizes are multiples of {Multiple}")]
    private static partial void LogServing(ILogger logger, string model, string profile, int multiple);

    [LoggerMessage(31, LogLevel.Error, "No model is served: {Reason}. Loaded are {Loaded}")]
    private static partial void LogLost(ILogger logger, string reason, string loaded);
}
