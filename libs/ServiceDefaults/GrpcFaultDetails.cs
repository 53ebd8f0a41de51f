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

    /// <param name="app">The host.</param>
    /// <param name="service">Name in the details, e.g. "encoder".</param>
    public static void UseGrpcFaultDetails(this IApplicationBuilder app, string service) => app.Use(async (context, next) =>
    {
        await next(context);
        if (context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { IsReadOnly: false } trailers && Missing(trailers, out var code))
        {
            var message = Uri.UnescapeDataString(trailers["grpc-message"].ToString());
            var details = StageFaults.Of(service, code, message.Length > 0 ? message : code.ToString()).Trailers.GetValueBytes(Details);
            trailers[Details] = Convert.ToBase64String(details!).TrimEnd('=');
        }
    });

    private static bool Missing(IHeaderDictionary trailers, out StatusCode code)
    {
        code = StatusCode.OK;
        if (StringValues.IsNullOrEmpty(trailers["grpc-status"]) || trailers.ContainsKey(Details)
            || !int.TryParse(trailers["grpc-status"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }
        code = (StatusCode)number;
        return code is not (StatusCode.OK or StatusCode.Cancelled);
    }
}
