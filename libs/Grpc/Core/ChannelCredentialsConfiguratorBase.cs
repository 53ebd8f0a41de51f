namespace Grpc.Core;

/// <summary>The client's side of <see cref="ChannelCredentials"/>: learns what they consist of.</summary>
public abstract class ChannelCredentialsConfiguratorBase
{
    /// <summary>Without TLS.</summary>
    public abstract void SetInsecureCredentials(object? state);

    /// <summary>TLS; the arguments are null for the platform's defaults.</summary>
    public abstract void SetSslCredentials(
        object? state, string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback);

    /// <summary>Channel credentials with call credentials.</summary>
    public abstract void SetCompositeCredentials(object? state, ChannelCredentials channelCredentials, CallCredentials callCredentials);
}
