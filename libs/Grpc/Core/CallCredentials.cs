namespace Grpc.Core;

/// <summary>Credentials that are added to every call, as metadata.</summary>
public abstract class CallCredentials
{
    /// <summary>Applies several credentials in order.</summary>
    public static CallCredentials Compose(params CallCredentials[] credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        return new ComposedCallCredentials(credentials);
    }

    /// <summary>Credentials from a delegate.</summary>
    public static CallCredentials FromInterceptor(AsyncAuthInterceptor interceptor)
    {
        ArgumentNullException.ThrowIfNull(interceptor);
        return new DelegatedCallCredentials(interceptor);
    }

    /// <summary>Describes the credentials to a client.</summary>
    public abstract void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state);
}
