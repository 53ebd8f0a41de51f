using QwenMesh.Gateway.Dialects.Nim;

namespace QwenMesh.Gateway.Tests.Nim;

public sealed class NimOptionsTests
{
    [Fact]
    public void The_default_is_valid() => Assert.Empty(new NimOptions().Validate());

    [Theory]
    [InlineData(-0.1)]
    [InlineData(3600.1)]
    [InlineData(double.NaN)]
    public void A_time_out_of_range_is_told_with_its_key(double seconds) =>
        Assert.StartsWith("Nim:HoldSeconds is ", Assert.Single(new NimOptions { HoldSeconds = seconds }.Validate()), StringComparison.Ordinal);
}
