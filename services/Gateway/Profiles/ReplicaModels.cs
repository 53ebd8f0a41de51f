using System.Runtime.CompilerServices;
using Grpc.Core;
using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Stages;
using QwenMesh.Protocol.V1;
using Yarp.ReverseProxy.Model;

namespace QwenMesh.Gateway.Profiles;

/// <summary>What one replica has loaded.</summary>
internal sealed record ReplicaModel(string Address, ModelInfo Model)
{
    /// <summary>Why the replicas of one pool cannot take each other's calls; null when they can.</summary>
    public static string? Mix(string stage, IReadOnlyList<ReplicaModel> replicas)
    {
        var models = replicas.Select(replica => replica.Model).DistinctBy(model => model.Fingerprint, StringComparer.Ordinal).ToArray();
        if (models.Length < 2)
        {
            return null;
        }
        var names = models.Select(model => model.ModelId).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        return names.Length > 1
            ? $"replicas of the {stage} have different models: {string.Join(", ", names)}"
            : $"replicas of the {stage} have {names[0]} with different weights or configurations";
    }

    /// <summary>What holds for all replicas of a pool: features that all know, limits that all keep.</summary>
    public static ModelInfo Common(IReadOnlyList<ReplicaModel> replicas)
    {
        var common = replicas[0].Model.Clone();
        (common.InstanceId, common.SoftwareVersion) = ("", "");
        common.Features.Clear();
        common.Features.Add(replicas[0].Model.Features.Where(feature => replicas.All(replica => replica.Model.Features.Contains(feature))));
        if (common.Denoiser is { } denoiser)
        {
            denoiser.MaxImageTokens = (int)Least(replicas, replica => replica.Denoiser?.MaxImageTokens ?? 0);
            denoiser.MaxSteps = (int)Least(replicas, replica => replica.Denoiser?.MaxSteps ?? 0);
        }
        if (common.Vae is { } vae)
        {
            vae.MaxPixels = Least(replicas, replica => replica.Vae?.MaxPixels ?? 0);
        }
        return common;
    }

    // 0 is no limit.
    private static long Least(IReadOnlyList<ReplicaModel> replicas, Func<ModelInfo, long> limit) =>
        replicas.Select(replica => limit(replica.Model)).Where(most => most > 0).DefaultIfEmpty(0).Min();
}

/// <summary>Asks all replicas of a pool what they have loaded. One that does not answer counts with what it said last.</summary>
internal sealed class ReplicaModels(StageDirectory stages, StageChannels channels, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ConditionalWeakTable<DestinationState, ModelInfo> _said = [];

    /// <summary>By address, without those that have never answered.</summary>
    /// <exception cref="StageCallException">No replica has answered.</exception>
    public async Task<IReadOnlyList<ReplicaModel>> AskAsync(string stage, string cluster, CancellationToken cancellationToken)
    {
        StageCallException? failure = null;
        var models = await Task.WhenAll(stages.Replicas(cluster).Select(async replica =>
        {
            try
            {
                _said.AddOrUpdate(replica, await AskOneAsync(replica.Model.Config.Address, cancellationToken));
            }
            catch (RpcException exception)
            {
                failure = StageCallException.From(stage, exception, started: false);
            }
            return _said.TryGetValue(replica, out var model) ? new ReplicaModel(replica.Model.Config.Address, model) : null;
        }));
        var known = models.OfType<ReplicaModel>().OrderBy(replica => replica.Address, StringComparer.Ordinal).ToArray();
        return known.Length > 0
            ? known
            : throw failure ?? new StageCallException(stage, Generation.FaultKind.Unavailable, "the pool has no address", CallEnd.Refused);
    }

    // Not through the load balancing: every replica is asked, and the question is not counted as a call.
    private async Task<ModelInfo> AskOneAsync(string address, CancellationToken cancellationToken)
    {
        var channel = channels.Take(address);
        try
        {
            var options = new CallOptions(deadline: (time.GetUtcNow() + Patience).UtcDateTime, cancellationToken: cancellationToken);
            return await new StageInfo.StageInfoClient(channel).GetModelInfoAsync(new GetModelInfoRequest(), options);
        }
        finally
        {
            channels.Return(address);
        }
    }
}
