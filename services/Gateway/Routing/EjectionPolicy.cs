using System.Globalization;
using System.Runtime.CompilerServices;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace QwenMesh.Gateway.Routing;

/// <summary>
/// Leaves a replica out for a while after calls in a row found it unavailable, forwarded calls and the orchestrator's alike: it said so, or took no
/// connection. Whatever else breaks a call may be its client's doing, and counts for nothing.
/// </summary>
internal sealed class EjectionPolicy(IDestinationHealthUpdater updater, IOptionsMonitor<StagesOptions> options) : IPassiveHealthCheckPolicy
{
    public const string PolicyName = "ConsecutiveUnavailable";

    private readonly ConditionalWeakTable<DestinationState, StrongBox<int>> _failures = [];

    public string Name => PolicyName;

    /// <summary>A call that YARP forwarded has ended.</summary>
    public void RequestProxied(HttpContext context, ClusterState cluster, DestinationState destination)
    {
        var (error, status) = (context.Features.Get<IForwarderErrorFeature>(), GrpcStatus(context));
        if (status == StatusCode.Unavailable || (error is not null && TookNoConnection(error)))
        {
            Record(cluster, destination, unavailable: true);
        }
        else if (error is null && status is not null && !context.RequestAborted.IsCancellationRequested)
        {
            Record(cluster, destination, unavailable: false);
        }
    }

    public void Record(ClusterState cluster, DestinationState destination, bool unavailable)
    {
        var failures = _failures.GetOrCreateValue(destination);
        if (!unavailable)
        {
            Volatile.Write(ref failures.Value, 0);
            if (destination.Health.Passive != DestinationHealth.Healthy)
            {
                updater.SetPassive(cluster, destination, DestinationHealth.Healthy, TimeSpan.Zero);
            }
        }
        else if (Interlocked.Increment(ref failures.Value) >= options.CurrentValue.EjectAfterFailures)
        {
            updater.SetPassive(
                cluster, destination, DestinationHealth.Unhealthy, TimeSpan.FromSeconds(options.CurrentValue.EjectionSeconds));
        }
    }

    // A client that sends nothing for long ends as timed out, too; only the time-out of a connection has a reason of its own.
    private static bool TookNoConnection(IForwarderErrorFeature error) => error.Error switch
    {
        ForwarderError.Request => error.Exception is HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
        },
        ForwarderError.RequestTimedOut => error.Exception?.InnerException is TimeoutException,
        _ => false,
    };

    private static StatusCode? GrpcStatus(HttpContext context)
    {
        var text = context.Response.Headers["grpc-status"];
        if (text.Count == 0)
        {
            text = context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers["grpc-status"] ?? default;
        }
        return int.TryParse(text.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var status) ? (StatusCode)status : null;
    }
}
