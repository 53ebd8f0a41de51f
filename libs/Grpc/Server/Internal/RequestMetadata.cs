using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The metadata in a request's headers.</summary>
internal static class RequestMetadata
{
    /// <exception cref="RpcException">A binary header is not base64.</exception>
    public static Metadata Read(IHeaderDictionary headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers)
        {
            if (MetadataWire.IsProtocolHeader(name))
            {
                continue;
            }

            foreach (var value in values)
            {
                if (!MetadataWire.TryAdd(metadata, name, value ?? ""))
                {
                    throw new RpcException(new Status(StatusCode.Internal, $"The value of header '{name}' is not valid base64."));
                }
            }
        }

        return metadata;
    }

    /// <summary>True when a header carries bytes: then all are read before the method runs, so that a broken one is refused.</summary>
    public static bool HasBinary(IHeaderDictionary headers)
    {
        foreach (var (name, _) in headers)
        {
            if (MetadataWire.IsBinary(name))
            {
                return true;
            }
        }

        return false;
    }
}
