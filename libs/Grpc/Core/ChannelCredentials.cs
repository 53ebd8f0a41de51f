namespace Grpc.Core;

/// <summary>How a channel secures its connections, and credentials added to all its calls.</summary>
public abstract class ChannelCredentials
{
    private static readonly ChannelCredentials InsecureInstance = new InsecureCredentials();
    private static readonly ChannelCredentials SecureSslInstance = new SslCredentials();

    /// <summary>Without TLS.</summary>
    public static ChannelCredentials Insecure => InsecureInstance;

    /// <summary>TLS with the platform's trusted roots.</summary>
    public static ChannelCredentials SecureSsl => SecureSslInstance;

    /// <summary>True when call credentials can be added.</summary>
    internal virtual bool IsComposable => false;

    /// <summary>Channel credentials with call credentials.</summary>
    public static ChannelCredentials Create(ChannelCredentials channelCredentials, CallCredentials callCredentials)
    {
        ArgumentNullException.ThrowIfNull(channelCredentials);
        ArgumentNullException.ThrowIfNull(callCredentials);
        return new ComposedChannelCredentials(channelCredentials, callCredentials);
    }

    /// <summary>Describes the credentials to a client.</summary>
    public abstract void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object? state);
}
