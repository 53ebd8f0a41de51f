using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.StageHost.Tests;

public sealed class StageOptionsTests
{
    [Fact]
    public void Every_fault_is_reported_at_once_and_names_its_key()
    {
        var options = Bind(new()
        {
            ["Stage:BindAddress"] = "nowhere",
            ["Stage:GrpcPort"] = "70000",
            ["Stage:MaxConcurrentCalls"] = "0",
            ["Stage:MaxQueuedCalls"] = "-1",
            ["Stage:MaxReceivingCalls"] = "0",
            ["Stage:MaxReceivingCallsPerPeer"] = "0",
            ["Stage:InputTimeoutSeconds"] = "0",
            ["Stage:OutputTimeoutSeconds"] = "3601",
            ["Stage:CallTimeoutSeconds"] = "0",
            ["Stage:StallSeconds"] = "0",
            ["Stage:Threads"] = "5000",
            ["Stage:MaxTensorBytes"] = "5",
            ["Stage:ChunkBytes"] = "262143",
            ["Stage:DrainSeconds"] = "-3",
        });
        var exception = Assert.Throws<OptionsValidationException>(() => options.Value);
        var keys = new[]
        {
            "BindAddress", "GrpcPort", "MaxConcurrentCalls", "MaxQueuedCalls", "MaxReceivingCalls is", "MaxReceivingCallsPerPeer", "InputTimeoutSeconds",
            "OutputTimeoutSeconds", "CallTimeoutSeconds", "StallSeconds", "Threads", "MaxTensorBytes", "ChunkBytes", "DrainSeconds",
        };
        Assert.Equal(keys.Length, exception.Failures.Count());
        Assert.All(keys, key => Assert.Contains(exception.Failures, fault => fault.StartsWith($"Stage:{key}", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_two_ports_must_differ()
    {
        var options = Bind(new() { ["Stage:GrpcPort"] = "7001", ["Stage:HttpPort"] = "7001" });
        Assert.Contains("Stage:HttpPort", Assert.Throws<OptionsValidationException>(() => options.Value).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(256 << 10, true)]
    [InlineData(1 << 20, true)]
    [InlineData((1 << 20) + 1, false)]
    public void Chunks_are_of_256_KiB_to_1_MiB(int bytes, bool valid)
    {
        var faults = new StageOptions { ChunkBytes = bytes }.Validate();
        Assert.Equal(valid, !faults.Any(fault => fault.StartsWith("Stage:ChunkBytes", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_defaults_are_valid() => Assert.Equal(1, Bind([]).Value.MaxConcurrentCalls);

    [Theory]
    [InlineData(null, "is required")]
    [InlineData("/does/not/exist", "there is no folder '/does/not/exist'")]
    [InlineData("/", "no model_index.json")]
    public void A_checkpoint_folder_is_demanded(string? path, string reason)
    {
        var faults = new ModelOptions { Path = path ?? "" }.Validate().ToArray();
        Assert.Contains(reason, Assert.Single(faults), StringComparison.Ordinal);
        Assert.StartsWith("Model:Path", faults[0], StringComparison.Ordinal);
    }

    private static IOptions<StageOptions> Bind(Dictionary<string, string?> settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        services.AddValidatedOptions<StageOptions>(StageOptions.Section, options => options.Validate());
        return services.BuildServiceProvider().GetRequiredService<IOptions<StageOptions>>();
    }
}
