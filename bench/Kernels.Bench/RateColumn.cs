using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace QwenMesh.Kernels.Bench;

/// <summary>A rate at the mean time; shown where the shapes of a class have one.</summary>
/// <param name="name">Header.</param>
/// <param name="legend">What is counted.</param>
/// <param name="format">Format of the number.</param>
/// <param name="amount">What one call does of it; 0 for nothing. Divided by the nanoseconds of a call.</param>
internal sealed class RateColumn(string name, string legend, string format, Func<IWorkload, BenchmarkCase, double> amount) : IColumn
{
    public static RateColumn Gflops { get; } = new(
        "GFLOP/s", "Floating-point operations of the plain definition per nanosecond", "F1", (workload, _) => workload.Flops);

    public static RateColumn ShareOfPeak { get; } = new(
        "Of peak", "GFLOP/s as a share of the measured peak of all threads", "P0", (workload, _) => workload.Flops / Machine.Peak);

    public static RateColumn GigabytesPerSecond { get; } = new(
        "GB/s", "Bytes of the activations, read and written once, per nanosecond", "F1",
        (workload, benchmark) => workload.Bytes(benchmark.Descriptor.WorkloadMethod.Name));

    public string Id => nameof(RateColumn) + "." + ColumnName;

    public string ColumnName => name;

    public string Legend => legend;

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => summary.BenchmarksCases.Any(benchmark => Amount(benchmark) > 0);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, summary.Style);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) =>
        summary[benchmarkCase]?.ResultStatistics is { } time
            ? (Amount(benchmarkCase) / time.Mean).ToString(format, CultureInfo.InvariantCulture)
            : "NA";

    private double Amount(BenchmarkCase benchmark) => amount(KernelsConfig.WorkloadOf(benchmark), benchmark);
}
