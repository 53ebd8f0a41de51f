using System.Net;
using System.Text;

namespace QwenMesh.Gateway.Tests.Dialects;

/// <summary>Counts what this process allocates, so nothing else runs beside it.</summary>
[CollectionDefinition(nameof(BodyAllocationTests), DisableParallelization = true)]
[Collection(nameof(BodyAllocationTests))]
public sealed class BodyAllocationTests(ProbeGateway gateway) : IClassFixture<ProbeGateway>
{
    [Fact]
    public async Task A_million_ones_are_refused_before_anything_is_built_of_them()
    {
        using var content = new StringContent($$"""{"foo":[{{string.Join(",", Enumerable.Repeat("1", 1_000_000))}}]}""", Encoding.UTF8, "application/json");
        var before = GC.GetTotalAllocatedBytes();
        var (status, text) = await gateway.PostAsync("/probe/json", content);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        Assert.Equal("BodyTooLarge: the request body has more than 65536 JSON tokens", text);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 32L << 20); // Both sides of the connection; a parsed body alone has 12 MB.
    }
}
