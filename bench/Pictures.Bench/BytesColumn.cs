using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace QwenMesh.Pictures.Bench;

/// <summary>Size of the file that a benchmark returns.</summary>
internal sealed class BytesColumn : IColumn
{
    public string Id => nameof(BytesColumn);

    public string ColumnName => "Bytes";

    public string Legend => "Size of the file";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => summary.BenchmarksCases.All(benchmarkCase => benchmarkCase.Descriptor.Type == typeof(EncoderBench));

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        if (benchmarkCase.Descriptor.Type != typeof(EncoderBench))
        {
            return "-"; // The others return pixels.
        }
        var bench = new EncoderBench { Picture = (Sample)benchmarkCase.Parameters[nameof(EncoderBench.Picture)] };
        bench.Setup();
        var file = (byte[])benchmarkCase.Descriptor.WorkloadMethod.Invoke(bench, null)!;
        return file.Length.ToString(CultureInfo.InvariantCulture);
    }

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);
}
