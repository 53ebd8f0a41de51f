using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Grpc.Health.V1;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace QwenMesh.Gateway.Routing;

/// <summary>YARP's health checks as calls of grpc.health.v1.Health/Check.</summary>
internal sealed class GrpcHealthProbe : IProbingRequestFactory
{
    internal static readonly HttpRequestOptionsKey<bool> Marker = new("qwenmesh.health-probe");

    // One message, not compressed, of length 0: HealthCheckRequest for the server as a whole.
    private static readonly byte[] EmptyMessage = [0, 0, 0, 0, 0];

    public HttpRequestMessage CreateRequest(ClusterModel cluster, DestinationModel destination)
    {
        LeaveOutOfTraces();
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(new Uri(destination.Config.Address), "/grpc.health.v1.Health/Check"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(EmptyMessage) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.Host = destination.Config.Host;
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        request.Options.Set(Marker, true);
        return request;
    }

    // Not traced: every replica is asked every few seconds, and these traces would outnumber the generations'.
    private static void LeaveOutOfTraces()
    {
        if (Activity.Current is null)
        {
            // Before telemetry has started YARP begins no activity; the request would begin a trace of its own.
            new Activity("qwenmesh.health_probe").Start();
        }
        for (var activity = Activity.Current; activity is not null; activity = activity.Parent)
        {
            activity.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
    }
}

/// <summary>
/// YARP judges a check by the response's HTTP status. This handler reads the gRPC answer and sets the status by it:
/// 200 for SERVING, 503 for everything else that a server says.
/// </summary>
internal sealed class GrpcHealthProbeHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const int PrefixBytes = 5;
    private const int MaxBytes = 1024;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (!request.Options.TryGetValue(GrpcHealthProbe.Marker, out _))
        {
            return response;
        }
        using (response)
        {
            var status = await ReadStatusAsync(response, cancellationToken);
            var serving = status == HealthCheckResponse.Types.ServingStatus.Serving;
            return new HttpResponseMessage(serving ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable) { ReasonPhrase = status.ToString() };
        }
    }

    private static async Task<HealthCheckResponse.Types.ServingStatus> ReadStatusAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return HealthCheckResponse.Types.ServingStatus.Unknown;
        }
        var buffer = new byte[MaxBytes];
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var length = await body.ReadAtLeastAsync(buffer, MaxBytes, throwOnEndOfStream: false, cancellationToken);
        if (length < PrefixBytes || buffer[0] != 0)
        {
            return HealthCheckResponse.Types.ServingStatus.Unknown;
        }
        try
        {
            return HealthCheckResponse.Parser.ParseFrom(buffer.AsSpan(PrefixBytes, length - PrefixBytes)).Status;
        }
        catch (InvalidProtocolBufferException)
        {
            return HealthCheckResponse.Types.ServingStatus.Unknown;
        }
    }
}

/// <summary>YARP's connections to the stages.</summary>
internal sealed class StageHttpClientFactory(StageTls tls, ILogger<ForwarderHttpClientFactory> logger) : ForwarderHttpClientFactory(logger)
{
    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        StageConnections.Configure(handler);
        tls.Configure(handler);
    }

    protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler handler) =>
        new GrpcHealthProbeHandler(base.WrapHandler(context, handler));
}
