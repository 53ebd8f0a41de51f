using System.Globalization;
using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>Reads metadata and status out of HTTP headers and trailers.</summary>
internal static class ResponseMetadata
{
    /// <summary>The metadata in response headers.</summary>
    /// <exception cref="RpcException">INTERNAL for a binary value that is not base64.</exception>
    public static Metadata Read(HttpResponseMessage response)
    {
        var metadata = new Metadata();
        Add(metadata, response.Headers);
        Add(metadata, response.Content.Headers);
        return metadata;
    }

    /// <inheritdoc cref="Read(HttpResponseMessage)" />
    public static Metadata Read(HttpHeaders headers)
    {
        var metadata = new Metadata();
        Add(metadata, headers);
        return metadata;
    }

    /// <summary>The status in trailers, or in headers that are the trailers too; UNKNOWN when it is missing or not a number.</summary>
    public static Status ReadStatus(HttpHeaders headers)
    {
        var text = First(headers, WireHeaders.Status);
        if (text is null)
        {
            return new Status(StatusCode.Unknown, "No grpc-status found on response.");
        }

        var detail = PercentEncoding.Decode(First(headers, WireHeaders.Message) ?? "");
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code))
        {
            return new Status(StatusCode.Unknown, $"Unexpected grpc-status value: {text}");
        }

        // Codes that are not defined (yet) are UNKNOWN; what the server said is kept.
        return Enum.IsDefined((StatusCode)code)
            ? new Status((StatusCode)code, detail)
            : new Status(StatusCode.Unknown, $"Unexpected grpc-status value: {text} {detail}".TrimEnd());
    }

    /// <summary>The first value of a header, unparsed.</summary>
    public static string? First(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    private static void Add(Metadata metadata, HttpHeaders headers)
    {
        foreach (var (name, values) in headers.NonValidated)
        {
            if (MetadataWire.IsProtocolHeader(name))
            {
                continue;
            }

            foreach (var value in values)
            {
                if (!MetadataWire.TryAdd(metadata, name, value))
                {
                    throw new RpcException(new Status(StatusCode.Internal, $"The response's metadata '{name}' is not base64."));
                }
            }
        }
    }
}
