using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests;

public sealed class GatewayOptionsTests
{
    [Fact]
    public async Task All_faults_are_reported_at_once_and_name_their_keys()
    {
        var exception = await Assert.ThrowsAnyAsync<Exception>(() => GatewayHost.StartAsync(new Dictionary<string, string?>
        {
            ["Gateway:BindAddress"] = "everywhere",
            ["Gateway:HttpPort"] = "70000",
            ["Gateway:MaxAttempts"] = "0",
            ["Gateway:RetrySeconds"] = "-1",
            ["Gateway:ModelAliases:0"] = "no-equals-sign",
            ["Stages:Vae:Addresses:0"] = "vae:7003",
            ["Stages:EjectionSeconds"] = "-1",
        }));
        var messages = exception.ToString();
        foreach (var key in new[] { "Gateway:BindAddress", "Gateway:HttpPort", "Gateway:MaxAttempts", "Gateway:RetrySeconds", "Gateway:ModelAliases:0", "Stages:Vae:Addresses:0", "Stages:EjectionSeconds" })
        {
            Assert.Contains(key, messages, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_unknown_profile_is_refused_with_the_known_ones()
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            GatewayHost.StartAsync(new Dictionary<string, string?> { ["Gateway:Profile"] = "qwen-video" }));
        Assert.Contains("Gateway:Profile 'qwen-video' is none of qwen-image-2512, qwen-image-edit-2509, qwen-image-edit-2511, qwen-image-edit, qwen-image-lightning, qwen-image-nano, qwen-image", exception.Message, StringComparison.Ordinal);
    }
}
