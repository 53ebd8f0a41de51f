using Npgsql;

namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>Hears on a connection of its own what other Gateways have changed. Without it their jobs are found at the next look into the store.</summary>
internal sealed partial class PostgresListener(StoreDatabase database, JobSignals signals, ILogger<PostgresListener> logger) : BackgroundService
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (database is not PostgresDatabase postgres)
        {
            return;
        }
        var address = new NpgsqlConnectionStringBuilder(postgres.ConnectionString)
        {
            Pooling = false,
            KeepAlive = 15, // Seconds; a peer that is gone without a word is found out.
            ApplicationName = "qwenmesh-listener",
        }.ToString();
        for (var pause = ShortestPause; !stoppingToken.IsCancellationRequested;)
        {
            try
            {
                await ListenAsync(address, () => pause = ShortestPause, stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogLost(exception.GetBaseException().Message);
                await Task.Delay(pause * (0.5 + Random.Shared.NextDouble()), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task ListenAsync(string address, Action connected, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(address);
        await connection.OpenAsync(cancellationToken);
        connection.Notification += (_, notification) => Notices.Raise(notification.Payload, signals);
        await using (var listen = new NpgsqlCommand($"LISTEN {PostgresDatabase.Channel}", connection))
        {
            await listen.ExecuteNonQueryAsync(cancellationToken);
        }
        connected();
        // What has happened until now was not heard.
        signals.ChangedAll();
        LogListens();
        while (true)
        {
            await connection.WaitAsync(cancellationToken);
        }
    }

    [LoggerMessage(433, LogLevel.Debug, "Listening to other Gateways")]
    private partial void LogListens();

    [LoggerMessage(434, LogLevel.Warning, "Other Gateways cannot be heard: {Reason}")]
    private partial void LogLost(string reason);
}
