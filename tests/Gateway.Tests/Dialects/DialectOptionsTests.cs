using QwenMesh.Gateway.Dialects;

namespace QwenMesh.Gateway.Tests.Dialects;

public sealed class DialectOptionsTests
{
    [Fact]
    public void The_defaults_are_valid() => Assert.Empty(new DialectOptions().Validate());

    [Fact]
    public void Every_fault_is_told_with_its_key()
    {
        var options = new DialectOptions
        {
            MaxBodyMemoryBytes = 1000,
            MaxJsonTokens = 1,
            MaxFormParts = 0,
            BodyTimeoutSeconds = double.NaN,
            Cors = new CorsOptions { Origins = ["*", "https://a.example", "example.com"] },
        };
        string[] keys = ["MaxBodyMemoryBytes", "MaxJsonTokens", "MaxFormParts", "BodyTimeoutSeconds", "Cors:Origins"];
        Assert.Equal(keys.Select(key => $"Gateway:{key}"), options.Validate().Select(fault => fault.Split(' ')[0]));
    }
}
