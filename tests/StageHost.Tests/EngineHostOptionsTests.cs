using Microsoft.Extensions.Configuration;

namespace QwenMesh.StageHost.Tests;

public sealed class EngineHostOptionsTests
{
    [Fact]
    public void Section_Torch_holds_settings_of_the_Torch_engine()
    {
        var cuda = Read(new() { ["Engine:Device"] = "cuda:1", ["Torch:LibraryPath"] = "/opt/torch", ["Torch:Binding"] = "stable", ["Engine:Settings:binding"] = "auto" });
        Assert.Equal(("/opt/torch", "auto"), (cuda.Settings["LibraryPath"], cuda.Settings["Binding"]));
        Assert.Empty(Read(new() { ["Torch:LibraryPath"] = "/opt/torch" }).Settings); // For the cpu engine they are none.
    }

    [Theory]
    [InlineData("Engine:ComputeType", "fp4", "auto, f32 or bf16")]
    [InlineData("Engine:Device", " ", "cpu, torch:cpu, cuda or cuda:N")]
    [InlineData("Engine:KeepSeconds", "-1", "0 to 86400")]
    public void Faults_name_their_key(string key, string value, string allowed)
    {
        var fault = Assert.Single(Read(new() { [key] = value }).Validate());
        Assert.StartsWith(key, fault, StringComparison.Ordinal);
        Assert.Contains(allowed, fault, StringComparison.Ordinal);
    }

    private static EngineHostOptions Read(Dictionary<string, string?> settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var options = new EngineHostOptions();
        configuration.GetSection(EngineHostOptions.Section).Bind(options);
        options.AddTorchSection(configuration);
        return options;
    }
}
