using System.Net;
using Grpc.Core;
using Grpc.Net.Client.Content;
using Grpc.Wire;

namespace Grpc.Net.Client.Calls;

/// <summary>Builds the HTTP request of a call.</summary>
internal static class CallRequest
{
    public static async Task<HttpRequestMessage> CreateAsync(CallState call, CallContent content, string? encoding, string? host, CallDeadline deadline)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(call.Connection.Address, call.Method.FullName))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Headers.TryAddWithoutValidation(WireHeaders.UserAgent, ClientUserAgent.Value);
        request.Headers.TryAddWithoutValidation(WireHeaders.Te, WireHeaders.TeTrailers);
        request.Headers.TryAddWithoutValidation(WireHeaders.AcceptEncoding, call.Connection.Encodings.AcceptHeader);
        if (encoding is not null)
        {
            request.Headers.TryAddWithoutValidation(WireHeaders.Encoding, encoding);
        }

        request.Headers.Host = host;
        AddMetadata(request, call.Options.Headers);
        await AddCredentialsAsync(request, call).ConfigureAwait(false);
        if (deadline.IsSet)
        {
            // Last, so that what came before is not given to the server again.
            request.Headers.TryAddWithoutValidation(WireHeaders.Timeout, GrpcTimeout.Format(deadline.Remaining));
        }

        return request;
    }

    private static async Task AddCredentialsAsync(HttpRequestMessage request, CallState call)
    {
        var credentials = call.Connection.Credentials;
        if (!call.Connection.SendCallCredentials || (credentials.Count == 0 && call.Options.Credentials is null))
        {
            return;
        }

        var service = new Uri(call.Connection.Address, call.Method.ServiceName).ToString();
        var context = new AuthInterceptorContext(service, call.Method.Name, call.Aborted);
        IEnumerable<CallCredentials> all = call.Options.Credentials is { } own ? [.. credentials, own] : credentials;
        AddMetadata(request, await CallCredentialsReader.AskAsync(all, context).ConfigureAwait(false));
    }

    private static void AddMetadata(HttpRequestMessage request, Metadata? metadata)
    {
        foreach (var entry in metadata ?? Metadata.Empty)
        {
            if (MetadataWire.IsProtocolHeader(entry.Key))
            {
                continue;
            }

            if (!MetadataWire.TryEncode(entry, out var value))
            {
                throw new RpcException(new Status(StatusCode.Internal, $"The metadata '{entry.Key}' holds characters that a header cannot carry."));
            }

            if (!request.Headers.TryAddWithoutValidation(entry.Key, value))
            {
                // Names that .NET counts among the content's headers.
                request.Content!.Headers.TryAddWithoutValidation(entry.Key, value);
            }
        }
    }
}
