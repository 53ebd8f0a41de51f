namespace Grpc.Core;

internal sealed class ComposedChannelCredentials : ChannelCredentials
{
    private readonly ChannelCredentials _channelCredentials;
    private readonly CallCredentials _callCredentials;

    public ComposedChannelCredentials(ChannelCredentials channelCredentials, CallCredentials callCredentials)
    {
        if (!channelCredentials.IsComposable)
        {
            throw new ArgumentException($"{channelCredentials.GetType().Name} do not allow call credentials.", nameof(channelCredentials));
        }

        _channelCredentials = channelCredentials;
        _callCredentials = callCredentials;
    }

    public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object? state) =>
        configurator.SetCompositeCredentials(state, _channelCredentials, _callCredentials);
}
