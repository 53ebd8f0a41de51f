using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests;

/// <summary>Not in parallel with others: meters of the same name in other hosts of this process are one stream to OpenTelemetry, and end with the first host.</summary>
[CollectionDefinition(nameof(MetricsTests), DisableParallelization = true)]
[Collection(nameof(MetricsTests))]
public sealed class MetricsTests
{
    [Theory]
    [InlineData("/metrics")]
    [InlineData("/v1/metrics")]
    public async Task Metrics_are_served_as_text(string path)
    {
        await using var mesh = await FakeMesh.StartAsync();
        using var picture = await mesh.Gateway.PostAsync("/v1/infer", """{"prompt":"x","width":512,"height":512}""");
        await Artifact.ReadAsync(picture);
        var text = await mesh.Gateway.Http.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains("qwenmesh_gateway_generation_duration_seconds_count{", text, StringComparison.Ordinal);
        Assert.Contains("outcome=\"succeeded\"", text, StringComparison.Ordinal);
        Assert.Contains("stage=\"denoise\"", text, StringComparison.Ordinal);
    }
}
