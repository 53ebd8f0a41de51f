using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using QwenMesh.Protocol;

namespace QwenMesh.ServiceDefaults;

/// <summary>Gives calls that gRPC itself ends, e.g. for a message that it cannot decode, the error details that every other failure has.</summary>
public static class GrpcFaultDetails
{
    private const string Details = "grpc-status-details-bin";
    private const string Status = "grpc-status";

    /// <param name="app">The host.</param>
    /// <param name="service">Name in the details, e.g. "encoder".</param>
    /// <param name="unknownIsMalformed">
    /// Whether UNKNOWN can only mean that a message was not decoded, because what handlers throw has been made into another status.
    /// </param>
    public static void UseGrpcFaultDetails(this IApplicationBuilder app, string service, bool unknownIsMalformed = false) => app.Use(async (context, next) =>
    {
        await next(context);
        // A status without messages before it is sent in the headers.
        var trailers = context.Response.HasStarted ? context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers : context.Response.Headers;
        if (trailers is not { IsReadOnly: false } || !Failed(trailers, out var code))
        {
            return;
        }
        if (!trailers.ContainsKey(Details))
        {
            var message = Uri.UnescapeDataString(trailers["grpc-message"].ToString());
            var fault = StageFaults.Of(
                service, code == StatusCode.Unknown && unknownIsMalformed ? StatusCode.InvalidArgument : code, message.Length > 0 ? message : code.ToString());
            trailers[Status] = ((int)fault.StatusCode).ToString(CultureInfo.InvariantCulture);
            trailers[Details] = Convert.ToBase64String(fault.Trailers.GetValueBytes(Details)!).TrimEnd('=');
        }
        await RestOfRequest.DropAsync(context);
    });

    private static bool Failed(IHeaderDictionary trailers, out StatusCode code)
    {
        code = StatusCode.OK;
        if (StringValues.IsNullOrEmpty(trailers[Status]) || !int.TryParse(trailers[Status].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }
        code = (StatusCode)number;
        return code is not (StatusCode.OK or StatusCode.Cancelled);
    }
}
