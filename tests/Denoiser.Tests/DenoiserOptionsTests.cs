using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Options;
using QwenMesh.Testing;

namespace QwenMesh.Denoiser.Tests;

public sealed class DenoiserOptionsTests
{
    [Fact]
    public void Defaults_are_valid() => Assert.Empty(new DenoiserOptions().Validate());

    [Fact]
    public async Task Every_fault_is_reported_before_the_host_starts()
    {
        var builder = WebApplication.CreateBuilder(
        [
            "--Model:Path=" + GoldenFolder.Repository, "--Stage:GrpcPort=0", "--Stage:HttpPort=0", "--Stage:MaxConcurrentCalls=0",
            "--Denoiser:MaxSteps=0", "--Denoiser:MaxImageTokens=-1",
        ]);
        await using var app = builder.AddDenoiser().Build();
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => app.StartAsync(TestContext.Current.CancellationToken));
        var messages = refused is AggregateException several ? string.Join(' ', several.InnerExceptions.Select(e => e.Message)) : refused.Message;
        foreach (var key in new[] { "Model:Path", "Stage:MaxConcurrentCalls", "Denoiser:MaxSteps", "Denoiser:MaxImageTokens" })
        {
            Assert.Contains(key, messages, StringComparison.Ordinal);
        }
        Assert.True(refused is OptionsValidationException or AggregateException);
    }
}
