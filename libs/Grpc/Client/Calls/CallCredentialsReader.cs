using Grpc.Core;

namespace Grpc.Net.Client.Calls;

/// <summary>Flattens call credentials into the delegates that add metadata.</summary>
internal sealed class CallCredentialsReader : CallCredentialsConfiguratorBase
{
    private readonly List<AsyncAuthInterceptor> _interceptors = [];

    /// <summary>Asks each credential for its metadata, in order.</summary>
    public static async Task<Metadata> AskAsync(IEnumerable<CallCredentials> credentials, AuthInterceptorContext context)
    {
        var reader = new CallCredentialsReader();
        foreach (var credential in credentials)
        {
            credential.InternalPopulateConfiguration(reader, null);
        }

        var metadata = new Metadata();
        foreach (var interceptor in reader._interceptors)
        {
            await interceptor(context, metadata).ConfigureAwait(false);
        }

        return metadata;
    }

    public override void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials)
    {
        foreach (var credential in credentials)
        {
            credential.InternalPopulateConfiguration(this, state);
        }
    }

    public override void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor) => _interceptors.Add(interceptor);
}
