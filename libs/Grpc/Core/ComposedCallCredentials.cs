namespace Grpc.Core;

internal sealed class ComposedCallCredentials : CallCredentials
{
    private readonly CallCredentials[] _credentials;

    public ComposedCallCredentials(CallCredentials[] credentials)
    {
        if (credentials.Length < 2)
        {
            throw new ArgumentException("Composite credentials must have at least two parts.", nameof(credentials));
        }

        _credentials = (CallCredentials[])credentials.Clone();
    }

    public override void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state) =>
        configurator.SetCompositeCredentials(state, _credentials);
}
