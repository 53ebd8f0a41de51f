using System.Collections.Immutable;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Order;
using BenchmarkDotNet.Running;

namespace QwenMesh.Kernels.Bench;

/// <summary>
/// Shapes in the order of their list (by default they sort as text). All candidates of a shape run one after the other, so that a slow
/// spell of the machine is likelier to hit all of them.
/// </summary>
internal sealed class DeclaredOrder() : DefaultOrderer(SummaryOrderPolicy.Declared)
{
    public override IEnumerable<BenchmarkCase> GetExecutionOrder(
        ImmutableArray<BenchmarkCase> benchmarkCases, IEnumerable<BenchmarkLogicalGroupRule>? order = null) =>
        benchmarkCases.GroupBy(benchmark => benchmark.Parameters.DisplayInfo).SelectMany(shape => shape);

    public override IEnumerable<IGrouping<string, BenchmarkCase>> GetLogicalGroupOrder(
        IEnumerable<IGrouping<string, BenchmarkCase>> logicalGroups, IEnumerable<BenchmarkLogicalGroupRule>? order = null) => logicalGroups;
}
