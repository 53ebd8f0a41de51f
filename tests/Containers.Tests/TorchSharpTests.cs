using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Images;
using QwenMesh.Testing;
using QwenMesh.Testing.Containers;

namespace QwenMesh.Containers.Tests;

/// <summary>
/// The Torch engine's tests through TorchSharp, whose native library needs a newer C++ library than this machine may have: run from where they were
/// built, in a container of a newer Debian.
/// </summary>
public sealed class TorchSharpTests
{
    [Theory]
    [InlineData("Tensors.Torch", "*.TorchSharpOperationTests")]
    [InlineData("Tensors.Torch", "*.FailureTests")]
    [InlineData("Denoiser", "*Golden*")]
    [InlineData("Encoder", "*Golden*")]
    [InlineData("Vae", "*Golden*")]
    public async Task Tests_pass_through_TorchSharp(string project, string classes)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var tests = Path.Combine(
            GoldenFolder.Repository, "artifacts", "torch-cpu", "bin", $"QwenMesh.{project}.Tests", "release", $"QwenMesh.{project}.Tests");
        Assert.SkipUnless(File.Exists(tests), $"{tests} was not built (dotnet build torch.slnf -c Release -p:Torch=cpu)");
        var image = await ContainerImage.RequireAsync(ContainerImage.Dotnet, cancellation);
        await using var container = new ContainerBuilder(image)
            .WithImagePullPolicy(PullPolicy.Never)
            .WithLabel(TestRun.Label, TestRun.Id)
            .WithBindMount(GoldenFolder.Repository, GoldenFolder.Repository, AccessMode.ReadOnly)
            .WithBindMount(ServiceContainer.DotnetRoot, "/dotnet", AccessMode.ReadOnly)
            .WithEnvironment("DOTNET_ROOT", "/dotnet")
            .WithEnvironment("Engine__Device", "torch:cpu")
            .WithEnvironment("Engine__Settings__Binding", "torchsharp")
            .WithCommand(tests, "--filter-class", classes, "--results-directory", "/tmp", "--progress", "off")
            .Build();
        await container.StartAsync(cancellation);

        var code = await container.GetExitCodeAsync(cancellation).WaitAsync(TimeSpan.FromMinutes(8), cancellation);
        var (output, errors) = await container.GetLogsAsync(ct: cancellation);
        Assert.True(code == 0, output + errors);
        Assert.Contains("failed: 0", output, StringComparison.Ordinal);
        Assert.Contains("skipped: 0", output, StringComparison.Ordinal);
    }
}
