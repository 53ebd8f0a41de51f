using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Answers calls of methods that nobody implements.</summary>
internal static class UnimplementedCall
{
    public static Task HandleAsync(HttpContext http, Status status, CallLog log)
    {
        if (RequestCheck.Refuse(http, log))
        {
            return Task.CompletedTask;
        }

        log.Unimplemented(http.Request.Path);
        GrpcEventSource.Log.CallStart(http.Request.Path.Value ?? "");
        GrpcEventSource.Log.CallUnimplemented(http.Request.Path.Value ?? "");
        GrpcEventSource.Log.CallFailed(status.StatusCode);
        GrpcEventSource.Log.CallStop();
        StatusTrailers.WriteTrailersOnly(http.Response, status);
        return Task.CompletedTask;
    }
}
