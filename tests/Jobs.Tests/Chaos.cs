using Npgsql;

namespace QwenMesh.Jobs.Tests;

/// <summary>Kills Gateways and cuts connections to the database, in an order that a seed decides.</summary>
internal sealed class Chaos(Gateways gateways, NpgsqlDataSource database, int seed)
{
    public int Kills { get; private set; }

    public int Cuts { get; private set; }

    /// <summary>Until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var random = new Random(seed);
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(random.Next(300, 2500), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested)
            {
                return;
            }
            var (what, victim, share) = (random.Next(3), random.Next(gateways.Count), random.NextDouble());
            if (what == 0)
            {
                await gateways.KillAsync(victim);
                Kills++;
            }
            else
            {
                // All connections, as when the server restarts, or a share of them.
                await CutAsync(what == 1 ? 1 : share);
                Cuts++;
            }
        }
    }

    private async Task CutAsync(double share)
    {
        await using var cut = database.CreateCommand(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> 'test' AND random() < $1");
        cut.Parameters.Add(new NpgsqlParameter<double> { TypedValue = share });
        await cut.ExecuteNonQueryAsync();
    }
}
