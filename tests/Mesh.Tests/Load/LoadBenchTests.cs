using System.Diagnostics;
using QwenMesh.Load.Bench;
using QwenMesh.Testing;

namespace QwenMesh.Mesh.Tests.Load;

/// <summary>bench/Load.Bench as ./qwenmesh bench load starts it, as short as it may be, and what it makes its figures of.</summary>
public sealed class LoadBenchTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("--seconds=5", 4)]
    [InlineData("soak", 20)] // Four services, five measures.
    public async Task A_run_prints_its_table_and_leaves_nothing_running(string what, int rows)
    {
        using var folder = new TemporaryFolder();
        string[] soak = what == "soak" ? ["--minutes=0.4", "--warm-up=0"] : [];
        // Pictures small enough that some are done in each of its times, on a busy machine too.
        string[] arguments = [what, .. soak, "--solo=3", "--steps=5", "--closed-loop=8", $"--folder={folder.Path}"];
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "QwenMesh.Load.Bench"), arguments) { RedirectStandardOutput = true };
        using var bench = Process.Start(start)!;
        try
        {
            var output = await bench.StandardOutput.ReadToEndAsync(Token).WaitAsync(Limit, Token);
            await bench.WaitForExitAsync(Token).WaitAsync(Limit, Token);
            Assert.True(bench.ExitCode == 0, output);
            var table = output.Split('\n').Where(line => line.StartsWith('|')).ToArray();
            Assert.True(table.Length == 2 + rows, output);
            Assert.DoesNotContain("NaN", output, StringComparison.Ordinal);
            Assert.DoesNotContain("failed:", output, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        }
        finally
        {
            if (!bench.HasExited)
            {
                using var stop = Process.Start("kill", ["-TERM", $"{bench.Id}"]);
                await bench.WaitForExitAsync(CancellationToken.None).WaitAsync(Limit, CancellationToken.None);
            }
        }
    }

    [Theory]
    [InlineData("--seconds=0")]
    [InlineData("--minutes=0")]
    [InlineData("--load=-1")]
    [InlineData("--size=big")]
    [InlineData("--speed=1")]
    [InlineData("sock")]
    public void What_is_not_an_option_is_not_understood(string argument) => Assert.Null(LoadOptions.Read([argument]));

    [Fact]
    public void Arrivals_of_a_seed_are_the_same_and_have_the_gaps_of_their_rate()
    {
        var (rate, duration) = (40d, TimeSpan.FromSeconds(500));
        var arrivals = PoissonArrivals.Of(rate, duration, seed: 3).ToArray();
        Assert.Equal(arrivals, PoissonArrivals.Of(rate, duration, seed: 3));
        Assert.NotEqual(arrivals, PoissonArrivals.Of(rate, duration, seed: 4));
        Assert.Equal(arrivals.Order(), arrivals);
        Assert.True(arrivals[^1] < duration);
        var gaps = arrivals.Zip(arrivals.Skip(1), (before, after) => (after - before).TotalSeconds).ToArray();
        // Of exponential gaps mean and standard deviation are the same.
        var mean = gaps.Average();
        Assert.InRange(mean * rate, 0.95, 1.05);
        Assert.InRange(Math.Sqrt(gaps.Average(gap => (gap - mean) * (gap - mean))) * rate, 0.95, 1.05);
    }

    [Fact]
    public async Task A_request_that_is_sent_late_has_waited_since_it_was_due()
    {
        // The first one blocks the loop, as a client without a processor is blocked.
        var release = TimeSpan.FromSeconds(0.2);
        var calls = 0;
        var came = await OpenLoop.RunAsync([TimeSpan.Zero, TimeSpan.FromMilliseconds(1)], () =>
        {
            if (calls++ == 0)
            {
                var begin = Stopwatch.GetTimestamp();
                SpinWait.SpinUntil(() => Stopwatch.GetElapsedTime(begin) > release);
            }
            return Task.FromResult(new Answer(AnswerKind.Done));
        }, Token);
        Assert.Equal(2, came.Count);
        Assert.All(came, arrival => Assert.True(arrival.Latency >= release - TimeSpan.FromMilliseconds(1)));
    }
}
