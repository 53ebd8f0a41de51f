using System.Globalization;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Writes status and trailing metadata into headers or trailers.</summary>
internal static class StatusTrailers
{
    private static readonly StringValues GrpcContentType = WireHeaders.GrpcContentType;
    private static readonly StringValues[] Codes =
        [.. Enumerable.Range(0, 17).Select(code => new StringValues(code.ToString(CultureInfo.InvariantCulture)))];

    public static void SetContentType(HttpResponse response) => response.Headers.ContentType = GrpcContentType;

    public static void WriteTrailersOnly(HttpResponse response, Status status)
    {
        SetContentType(response);
        WriteStatus(response.Headers, status);
    }

    /// <summary>The code as it stands in <c>grpc-status</c>.</summary>
    public static string CodeText(StatusCode code) => Code(code).ToString();

    public static void WriteStatus(IHeaderDictionary destination, Status status)
    {
        destination.GrpcStatus = Code(status.StatusCode);
        if (status.Detail.Length > 0)
        {
            destination.GrpcMessage = PercentEncoding.Encode(status.Detail);
        }
    }

    /// <summary>Appends metadata. An entry that no header can carry is left out and reported, so that the status still gets through.</summary>
    public static void WriteMetadata(IHeaderDictionary destination, Metadata metadata, CallLog log)
    {
        foreach (var entry in metadata)
        {
            if (MetadataWire.IsProtocolHeader(entry.Key))
            {
                continue;
            }

            if (MetadataWire.TryEncode(entry, out var value))
            {
                destination.Append(entry.Key, value);
            }
            else
            {
                log.InvalidTrailer(entry.Key);
            }
        }
    }

    private static StringValues Code(StatusCode code) =>
        (uint)code < (uint)Codes.Length ? Codes[(int)code] : ((int)code).ToString(CultureInfo.InvariantCulture);
}
