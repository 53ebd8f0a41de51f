using System.Globalization;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using QwenMesh.Gateway.Access;
using QwenMesh.Protocol;
using Yarp.ReverseProxy.Model;

namespace QwenMesh.Gateway.FrontDoor;

/// <summary>
/// Checks the caller of every gRPC call, the Gateway's own and those that go on to the stages, before a message is read. No interceptor: those see only
/// the Gateway's own calls.
/// </summary>
internal static class GrpcAccess
{
    private const string Details = "grpc-status-details-bin";

    private static readonly Func<ILogger, string, IDisposable?> Scope = LoggerMessage.DefineScope<string>("Owner {Owner}");

    // Of ImageGeneration; its other methods ask.
    private static readonly string[] Drawing = ["Generate", "Submit"];

    public static void UseGrpcAccess(this WebApplication app)
    {
        var control = app.Services.GetRequiredService<AccessControl>();
        app.Use(async (context, next) =>
        {
            var metadata = context.GetEndpoint()?.Metadata;
            var own = metadata?.GetMetadata<GrpcMethodMetadata>()?.Method.Name;
            if (own is null && metadata?.GetMetadata<RouteModel>() is null)
            {
                await next(context);
                return;
            }
            var draws = own is null || Drawing.Contains(own);
            if (control.Admit(context, draws, own is null ? KeyRules.RefusalOfStages : null, out var caller) is { } refusal)
            {
                Write(context, Status(refusal));
                return;
            }
            SentKey.Remove(context.Request.Headers);
            using (caller)
            using (caller!.Key.Id.Length > 0 ? Scope(app.Logger, caller.Key.Id) : null)
            {
                await next(context);
            }
        });
    }

    private static RpcException Status(AccessRefusal refusal) => refusal.Kind switch
    {
        AccessRefusalKind.Unauthenticated => StageFaults.Unauthenticated(GenerationStatus.Self, refusal.Detail),
        AccessRefusalKind.Forbidden => StageFaults.Forbidden(GenerationStatus.Self, refusal.Detail),
        _ => StageFaults.RateLimited(GenerationStatus.Self, refusal.Detail, refusal.RetryAfter),
    };

    // A status without messages before it is sent in the headers.
    private static void Write(HttpContext context, RpcException fault)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = ((int)fault.StatusCode).ToString(CultureInfo.InvariantCulture);
        context.Response.Headers["grpc-message"] = fault.Status.Detail;
        context.Response.Headers[Details] = Convert.ToBase64String(fault.Trailers.GetValueBytes(Details)!).TrimEnd('=');
    }
}
