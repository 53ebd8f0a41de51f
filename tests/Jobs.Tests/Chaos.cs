using System.Diagnostics;
using Npgsql;

namespace QwenMesh.Jobs.Tests;

/// <summary>Kills Gateways, cuts connections to the database and crashes its server, in an order that a seed decides.</summary>
internal sealed class Chaos(Gateways gateways, StoredJobs jobs, int seed)
{
    // Rounds after which the server crashes.
    private const int CrashesEvery = 25;

    public int Kills { get; private set; }

    public int Cuts { get; private set; }

    public int Crashes { get; private set; }

    /// <summary>Until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var random = new Random(seed);
        for (var round = 1; await PauseAsync(random.Next(300, 1500), stop); round++)
        {
            var (what, victim, share) = (random.Next(4), random.Next(gateways.Count), random.NextDouble());
            if (round % CrashesEvery == 0)
            {
                await CrashAsync(stop);
            }
            // Those that were started take part again before the next one dies: else most of the time would be spent on starting.
            else if (what < 2 && gateways.AreReady)
            {
                await KillAsync(victim, random.Next(0, 1000), stop);
            }
            else
            {
                // All connections, as when the network breaks, or a share of them.
                await CutAsync(what == 3 ? 1 : share, stop);
            }
        }
    }

    private async Task KillAsync(int victim, int dead, CancellationToken stop)
    {
        await gateways.KillAsync(victim);
        Kills++;
        await PauseAsync(dead, stop);
        gateways.Restart(victim);
    }

    private async Task CutAsync(double share, CancellationToken stop)
    {
        await jobs.TryAsync(async database =>
        {
            await using var cut = database.CreateCommand(
                $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND application_name <> '{StoredJobs.ApplicationName}' AND random() < $1");
            cut.Parameters.Add(new NpgsqlParameter<double> { TypedValue = share });
            return await cut.ExecuteScalarAsync(stop);
        }, stop);
        Cuts++;
    }

    // A server of which one process is killed cannot trust its shared memory: it ends all others, and recovers from its log as after a power failure.
    private async Task CrashAsync(CancellationToken stop)
    {
        var process = await jobs.TryAsync(async database =>
        {
            await using var own = database.CreateCommand("SELECT pg_backend_pid()");
            return (int)(await own.ExecuteScalarAsync(stop))!;
        }, stop);
        using var backend = Process.GetProcessById(process);
        backend.Kill();
        Crashes++;
    }

    // Whether to go on.
    private static async Task<bool> PauseAsync(int milliseconds, CancellationToken stop)
    {
        await Task.Delay(milliseconds, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !stop.IsCancellationRequested;
    }
}
