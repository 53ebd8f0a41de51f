namespace Grpc.Core;

/// <summary>The client's side of <see cref="CallCredentials"/>: learns what they consist of.</summary>
public abstract class CallCredentialsConfiguratorBase
{
    /// <summary>The credentials are several others, in order.</summary>
    public abstract void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials);

    /// <summary>The credentials are a delegate.</summary>
    public abstract void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor);
}
