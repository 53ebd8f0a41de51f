using System.Diagnostics;
using System.Globalization;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Activities of outgoing calls, named and tagged as documented for Grpc.Net.Client.</summary>
internal static class ClientTelemetry
{
    public const string SourceName = "Grpc.Net.Client";
    public const string ActivityName = "Grpc.Net.Client.GrpcOut";
    public const string MethodTag = "grpc.method";
    public const string StatusCodeTag = "grpc.status_code";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Starts the activity of a call; null when nobody listens and there is no trace to continue.</summary>
    public static Activity? Start(IMethod method)
    {
        if (!Source.HasListeners() && Activity.Current is null)
        {
            return null;
        }

        // A source without a listener makes no activity, but the request must still carry a trace that is under way.
        var activity = Source.CreateActivity(ActivityName, ActivityKind.Client) ?? new Activity(ActivityName);
        activity.AddTag(MethodTag, method.FullName);
        return activity.Start();
    }

    public static void Stop(Activity? activity, Status status)
    {
        if (activity is null)
        {
            return;
        }

        activity.AddTag(StatusCodeTag, ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture));
        activity.Stop();
    }
}
