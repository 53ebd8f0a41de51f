using System.Diagnostics;
using Grpc.Core;
using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Stages;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Profiles;

/// <summary>Asks the stages what they have loaded, until they answer and now and then afterwards.</summary>
internal sealed partial class ModelDirectory(
    StageDirectory stages, ProfileCatalog profiles, TimeProvider time, ILogger<ModelDirectory> logger) : BackgroundService
{
    private static readonly TimeSpan Unknown = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Known = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private volatile ServedModel? _current;
    private volatile string _reason = "the stages have not been asked yet";

    /// <summary>The model that is served; null until all stages have told and agree.</summary>
    public ServedModel? Current => _current;

    /// <summary>Why there is no model.</summary>
    public string Reason => _reason;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await RefreshAsync(stoppingToken);
            stages.Trim();
            await Task.Delay(_current is null ? Unknown : Known, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        // Not sampled, and with it the calls below: questions of the housekeeping are no part of any trace.
        using var quiet = new Activity("qwenmesh.model_info").Start();
        try
        {
            var answers = await Task.WhenAll(StageNames.All.Select(stage => AskAsync(stage, cancellationToken)));
            var (encoder, denoiser, vae) = (answers[0], answers[1], answers[2]);
            if (ServedModel.Mismatch(encoder, denoiser, vae) is { } mismatch)
            {
                Lose(mismatch);
                return;
            }
            var profile = profiles.For(denoiser.ModelId, denoiser.PipelineClass, vae.Vae.ScaleFactor * denoiser.Denoiser.PatchSize);
            var served = new ServedModel(profile, encoder, denoiser, vae);
            if (_current is null || !_current.Equals(served))
            {
                LogServing(logger, served.ModelId, profile.Id, served.Multiple);
            }
            _current = served;
        }
        catch (RpcException exception)
        {
            // What is known stays known: a busy or restarting stage has not changed its model.
            _reason = exception.Status.Detail;
        }
    }

    private async Task<ModelInfo> AskAsync(string stage, CancellationToken cancellationToken)
    {
        using var lease = stages.Lease(stage, new AvoidedReplicas())
            ?? throw new RpcException(new Status(StatusCode.Unavailable, $"the {stage} pool has no address"));
        var options = new CallOptions(deadline: (time.GetUtcNow() + Patience).UtcDateTime, cancellationToken: cancellationToken);
        try
        {
            return await StageInfo.GetAsync(stage, lease, options);
        }
        catch (RpcException exception)
        {
            throw new RpcException(new Status(exception.StatusCode, $"the {stage} at {lease.Address} does not tell its model: {exception.Status.Detail}"));
        }
    }

    private void Lose(string reason)
    {
        if (_reason != reason)
        {
            LogMismatch(logger, reason);
        }
        _current = null;
        _reason = reason;
    }

    [LoggerMessage(30, LogLevel.Information, "Serving {Model} with profile {Profile}; sizes are multiples of {Multiple}")]
    private static partial void LogServing(ILogger logger, string model, string profile, int multiple);

    [LoggerMessage(31, LogLevel.Error, "The stages do not fit together: {Reason}")]
    private static partial void LogMismatch(ILogger logger, string reason);
}
