using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Access;

public sealed class AccessOptionsTests
{
    [Fact]
    public void The_defaults_are_valid() => Assert.Empty(new AccessOptions().Validate());

    [Fact]
    public void Every_fault_is_told_with_its_key()
    {
        var options = new AccessOptions
        {
            KeyFileSeconds = double.NaN,
            Anonymous = new CallerOptions { Burst = 3, Models = [" "] },
            Keys =
            [
                new KeyOptions { Id = "a/b", Sha256 = new string('0', 63), RequestsPerMinute = -1, MaxPixels = -5 },
                new KeyOptions { Id = new string('x', 65), Sha256 = new string('g', 64) },
            ],
        };
        string[] keys =
        [
            "Access:KeyFileSeconds", "Access:Anonymous:Burst", "Access:Anonymous:Models", "Access:Keys:0:Id", "Access:Keys:0:Sha256",
            "Access:Keys:0:RequestsPerMinute", "Access:Keys:0:MaxPixels", "Access:Keys:1:Id", "Access:Keys:1:Sha256",
        ];
        Assert.Equal(keys, options.Validate().Select(fault => fault.Split(' ')[0]));
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("192.0.2.1")]
    public async Task Without_keys_the_Gateway_does_not_start_where_others_reach_it(string address)
    {
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            GatewayHost.StartAsync(new Dictionary<string, string?> { ["Gateway:BindAddress"] = address }));
        Assert.StartsWith($"Gateway:BindAddress is {address} and there are no API keys", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Access:AllowAnonymous", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Access:AllowAnonymous", "true")]
    [InlineData("Access:Keys:0:Id", "alice")]
    public async Task It_starts_there_with_keys_or_when_that_is_allowed(string key, string value)
    {
        var settings = new Dictionary<string, string?> { ["Gateway:BindAddress"] = "0.0.0.0", [key] = value };
        if (value == "alice")
        {
            settings["Access:Keys:0:Sha256"] = TestKeys.Hash("x");
        }
        await using var gateway = await GatewayHost.StartAsync(settings);
        Assert.Contains("0.0.0.0", gateway.GrpcAddress, StringComparison.Ordinal);
    }
}
