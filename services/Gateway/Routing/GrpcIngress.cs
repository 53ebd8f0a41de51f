using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Yarp.ReverseProxy.Model;

namespace QwenMesh.Gateway.Routing;

/// <summary>Keeps the two ports apart: stage routes exist on the gRPC port only, everything else on the HTTP port only.</summary>
internal static class GrpcIngress
{
    /// <summary>Marks the connections of a listener as gRPC. The port number would not do: it may be 0, or mapped.</summary>
    public static void UseGrpcIngress(this ListenOptions listen) => listen.Use(next => connection =>
    {
        connection.Features.Set(Mark.Instance);
        return next(connection);
    });

    public static void UseGrpcIngress(this WebApplication app) => app.Use(async (context, next) =>
    {
        var ingress = context.Features.Get<Mark>() is not null;
        var stageRoute = context.GetEndpoint()?.Metadata.GetMetadata<RouteModel>() is not null;
        var own = context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is not null;
        if (ingress && !stageRoute && !own)
        {
            RefuseUnknownService(context);
            return;
        }
        if (ingress)
        {
            LiftLimits(context);
        }
        else if (stageRoute || own)
        {
            context.SetEndpoint(null);
        }
        await next(context);
    });

    private static void RefuseUnknownService(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = ((int)StatusCode.Unimplemented).ToString(System.Globalization.CultureInfo.InvariantCulture);
        context.Response.Headers["grpc-message"] = "this port serves qwenmesh.v1.ImageGeneration, EncoderStage, DenoiserStage and VaeStage";
    }

    // A stream of tensors has no fixed size and may pause; the stages have limits of their own.
    private static void LiftLimits(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    private sealed class Mark
    {
        public static readonly Mark Instance = new();
    }
}
