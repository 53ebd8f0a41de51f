using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using OpenTelemetry.Instrumentation.AspNetCore;

namespace QwenMesh.ServiceDefaults;

/// <summary>Which requests have a span, what is not told in it, and how a gRPC call's is named: "qwenmesh.v1.VaeStage/Decode" in place of its route.</summary>
internal static class RequestSpans
{
    // Asked every few seconds by whoever watches the service; as traces they would bury the generations.
    private static readonly PathString[] Probes = ["/health", "/v1/health", "/metrics", "/v1/metrics", "/grpc.health.v1.Health"];

    // Whoever has the path of a file may read or write it.
    private static readonly PathString Files = "/files";

    public static void Configure(AspNetCoreTraceInstrumentationOptions options)
    {
        // The route is not known yet when a span starts.
        options.Filter = context => !Array.Exists(Probes, probe => context.Request.Path.StartsWithSegments(probe, StringComparison.OrdinalIgnoreCase));
        options.EnrichWithHttpRequest = (span, request) => HidePath(span, request.Path);
        options.EnrichWithHttpResponse = (span, _) => DescribeCall(span);
    }

    private static void HidePath(Activity span, PathString path)
    {
        if (path.StartsWithSegments(Files, StringComparison.OrdinalIgnoreCase))
        {
            span.SetTag("url.path", Files + "/...");
        }
    }

    // Grpc.AspNetCore leaves the method and the status, which HTTP does not know, in these tags.
    private static void DescribeCall(Activity span)
    {
        if (span.GetTagItem("grpc.method") is string method)
        {
            span.DisplayName = method.TrimStart('/');
        }
        // UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS: the server's failures in OpenTelemetry's conventions.
        if (span.GetTagItem("grpc.status_code") is "2" or "4" or "12" or "13" or "14" or "15")
        {
            span.SetStatus(ActivityStatusCode.Error);
        }
    }
}
