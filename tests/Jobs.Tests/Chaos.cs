using System.Diagnostics;
using Npgsql;

namespace QwenMesh.Jobs.Tests;

/// <summary>
/// Kills Gateways, cuts connections to the database and crashes its server. It strikes after random numbers of ended jobs, and later jobs wait for it, so
/// that as much dies on a slow machine as on a fast one; a seed decides.
/// </summary>
/// <param name="gateways">Those that it kills.</param>
/// <param name="jobs">What it counts.</param>
/// <param name="seed">Of its random numbers.</param>
/// <param name="gap">Ended jobs from strike to strike, in the mean.</param>
internal sealed class Chaos(Gateways gateways, StoredJobs jobs, int seed, int gap)
{
    // Of the strikes, one in so many.
    private const int KillsEvery = 4, CrashesEvery = 20, FirstCrash = 10;

    // How long a Gateway is dead, in milliseconds.
    private const int LongestDeath = 1000;
    private const int Look = 100;

    // Ended jobs at which it strikes next.
    private long _next;

    public int Kills { get; private set; }

    public int Cuts { get; private set; }

    public int Crashes { get; private set; }

    /// <summary>Until it is told to stop; it does to the end what it has begun.</summary>
    /// <param name="stop">Tells it to.</param>
    public async Task RunAsync(CancellationToken stop)
    {
        var random = new Random(seed);
        for (var strike = 1; ; strike++)
        {
            Interlocked.Add(ref _next, random.Next(1, 2 * gap));
            while (await EndedAsync(stop) < Interlocked.Read(ref _next))
            {
                if (!await PauseAsync(Look, stop))
                {
                    return;
                }
            }
            await StrikeAsync(strike, random, stop);
        }
    }

    /// <summary>
    /// Waits with the submission of a job while a strike is due that is to come long before it: else all jobs may have ended when the strike comes, because
    /// this process has stood still and the Gateways have not.
    /// </summary>
    /// <param name="number">Of the job, from 1.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task LetComeAsync(int number, CancellationToken cancellationToken)
    {
        while (number > Interlocked.Read(ref _next) + (2 * gap))
        {
            await Task.Delay(Look, cancellationToken);
        }
    }

    private async Task StrikeAsync(int strike, Random random, CancellationToken stop)
    {
        if (strike % CrashesEvery == FirstCrash)
        {
            await CrashAsync();
        }
        else if (strike % KillsEvery == 0)
        {
            await KillAsync(random.Next(gateways.Count), random.Next(LongestDeath), stop);
        }
        else
        {
            // All connections, as when the network breaks, or a share of them.
            await CutAsync(random.Next(2) == 0 ? 1 : random.NextDouble());
        }
    }

    private async Task<long> EndedAsync(CancellationToken stop)
    {
        try
        {
            var (all, unfinished) = await jobs.CountAsync(stop);
            return all - unfinished;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
    }

    private async Task KillAsync(int victim, int dead, CancellationToken stop)
    {
        await gateways.KillAsync(victim);
        Kills++;
        await PauseAsync(dead, stop);
        gateways.Restart(victim);
    }

    private async Task CutAsync(double share)
    {
        await jobs.TryAsync(async database =>
        {
            await using var cut = database.CreateCommand(
                $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND application_name <> '{StoredJobs.ApplicationName}' AND random() < $1");
            cut.Parameters.Add(new NpgsqlParameter<double> { TypedValue = share });
            return await cut.ExecuteScalarAsync(CancellationToken.None);
        }, CancellationToken.None);
        Cuts++;
    }

    // A server of which one process is killed cannot trust its shared memory: it ends all others, and recovers from its log as after a power failure.
    private async Task CrashAsync()
    {
        var process = await jobs.TryAsync(async database =>
        {
            await using var own = database.CreateCommand("SELECT pg_backend_pid()");
            return (int)(await own.ExecuteScalarAsync(CancellationToken.None))!;
        }, CancellationToken.None);
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
