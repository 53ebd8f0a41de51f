using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Perfolizer.Horology;

namespace QwenMesh.Kernels.Bench;

/// <summary>How long is measured, and what the tables show.</summary>
internal static class KernelsConfig
{
    public static ManualConfig Create(bool quick)
    {
        // One call is microseconds to seconds: calls are timed in a plain loop of as many as fill the time of an iteration.
        var job = Job.Default
            .WithUnrollFactor(1)
            .WithMinInvokeCount(1)
            .WithEvaluateOverhead(false)
            .WithWarmupCount(quick ? 1 : 3)
            .WithIterationCount(quick ? 3 : 15)
            .WithIterationTime(TimeInterval.FromMilliseconds(120))
            .WithEnvironmentVariable(Machine.ThreadsVariable, Machine.Threads.ToString(CultureInfo.InvariantCulture))
            .WithId(quick ? "Quick" : "Full");
        var config = ManualConfig.Create(DefaultConfig.Instance)
            .AddJob(job)
            .AddColumn(RateColumn.Gflops, RateColumn.ShareOfPeak, RateColumn.GigabytesPerSecond)
            .WithOrderer(new DeclaredOrder())
            .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(50));
        if (quick)
        {
            config.AddFilter(new SimpleFilter(benchmark => WorkloadOf(benchmark).Quick));
        }
        if (!OpenBlas.Available)
        {
            config.AddFilter(new SimpleFilter(benchmark => !benchmark.Descriptor.Baseline));
        }
        return config;
    }

    /// <summary>The workload among the parameters of a benchmark; each has one.</summary>
    public static IWorkload WorkloadOf(BenchmarkCase benchmark) =>
        benchmark.Parameters.Items.Select(item => item.Value).OfType<IWorkload>().Single();
}
