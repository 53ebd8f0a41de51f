using System.Net;
using System.Runtime.CompilerServices;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace QwenMesh.Gateway.Routing;

/// <summary>
/// Judges replicas by grpc.health.v1. SERVING and NOT_SERVING count at once. A healthy replica that does not answer one check stays
/// healthy, since a busy machine may be late; the second check in a row counts. A replica that serves again after silence or NOT_SERVING is not left
/// out any longer for failed calls.
/// </summary>
internal sealed partial class GrpcHealthPolicy(
    IDestinationHealthUpdater updater, SilentReplicas silentReplicas, ILogger<GrpcHealthPolicy> logger) : IActiveHealthCheckPolicy
{
    public const string PolicyName = "GrpcHealth";

    private const int SilentChecks = 2;

    private readonly ConditionalWeakTable<DestinationState, StrongBox<int>> _silent = [];

    public string Name => PolicyName;

    public void ProbingCompleted(ClusterState cluster, IReadOnlyList<DestinationProbingResult> probingResults)
    {
        var judged = new List<NewActiveDestinationHealth>(probingResults.Count);
        var silenced = new List<DestinationState>();
        foreach (var result in probingResults)
        {
            var before = result.Destination.Health.Active;
            var returned = HasReturned(result, before);
            var now = Judge(result, before);
            judged.Add(new NewActiveDestinationHealth(result.Destination, now));
            if (now != before)
            {
                LogChange(logger, cluster.ClusterId, result.Destination.DestinationId, now, Reason(result));
                // One that takes the question and never answers has lost its running calls. One that says NOT_SERVING, or refuses the connection,
                // may be finishing them before it stops; where it has gone, they have broken by themselves.
                if (now == DestinationHealth.Unhealthy && result.Exception is OperationCanceledException)
                {
                    silenced.Add(result.Destination);
                }
            }
            if (returned && result.Destination.Health.Passive == DestinationHealth.Unhealthy)
            {
                updater.SetPassive(cluster, result.Destination, DestinationHealth.Healthy, TimeSpan.Zero);
            }
        }
        updater.SetActive(cluster, judged);
        silenced.ForEach(silentReplicas.Report);
    }

    // A restarted replica need not wait for the end of its ejection. One that said all the time that it serves, and refused calls, has to.
    private bool HasReturned(DestinationProbingResult result, DestinationHealth before) =>
        result.Response is { StatusCode: HttpStatusCode.OK }
        && (before == DestinationHealth.Unhealthy || _silent.GetOrCreateValue(result.Destination).Value > 0);

    private DestinationHealth Judge(DestinationProbingResult result, DestinationHealth before)
    {
        var silent = _silent.GetOrCreateValue(result.Destination);
        if (result.Response is { } response)
        {
            silent.Value = 0;
            return response.StatusCode == HttpStatusCode.OK ? DestinationHealth.Healthy : DestinationHealth.Unhealthy;
        }
        silent.Value++;
        return before == DestinationHealth.Healthy && silent.Value < SilentChecks ? DestinationHealth.Healthy : DestinationHealth.Unhealthy;
    }

    private static string Reason(DestinationProbingResult result) =>
        result.Response is { } response ? response.ReasonPhrase ?? response.StatusCode.ToString() : result.Exception?.Message ?? "no answer";

    [LoggerMessage(20, LogLevel.Information, "{Stage} {Replica} is {Health}: {Reason}")]
    private static partial void LogChange(ILogger logger, string stage, string replica, DestinationHealth health, string reason);
}
