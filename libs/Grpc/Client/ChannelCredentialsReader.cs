using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Checks that channel credentials fit the address and collects the call credentials composed into them.</summary>
internal sealed class ChannelCredentialsReader(Uri address) : ChannelCredentialsConfiguratorBase
{
    private readonly List<CallCredentials> _callCredentials = [];

    public static IReadOnlyList<CallCredentials> Read(ChannelCredentials? credentials, Uri address)
    {
        var reader = new ChannelCredentialsReader(address);
        credentials?.InternalPopulateConfiguration(reader, null);
        return reader._callCredentials;
    }

    public override void SetInsecureCredentials(object? state)
    {
        if (address.Scheme != Uri.UriSchemeHttp)
        {
            throw new InvalidOperationException($"Channel is configured with insecure channel credentials and can't use a HttpClient with a '{address.Scheme}' scheme.");
        }
    }

    public override void SetSslCredentials(
        object? state, string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback)
    {
        if (!string.IsNullOrEmpty(rootCertificates) || keyCertificatePair is not null || verifyPeerCallback is not null)
        {
            throw new InvalidOperationException(
                "SslCredentials with non-null arguments is not supported by GrpcChannel. Configure certificates on the HTTP handler given to the channel.");
        }

        if (address.Scheme != Uri.UriSchemeHttps)
        {
            throw new InvalidOperationException($"Channel is configured with secure channel credentials and can't use a HttpClient with a '{address.Scheme}' scheme.");
        }
    }

    public override void SetCompositeCredentials(object? state, ChannelCredentials channelCredentials, CallCredentials callCredentials)
    {
        channelCredentials.InternalPopulateConfiguration(this, state);
        _callCredentials.Add(callCredentials);
    }
}
