namespace QwenMesh.Vae.Tests;

public sealed class VaeOptionsTests
{
    [Fact]
    public async Task All_faults_are_reported_before_the_start_and_name_their_keys()
    {
        await using var app = VaeHost.Build("--Vae:MaxPixels=0", "--Stage:MaxConcurrentCalls=0", "--Model:Path=/nowhere/at/all");
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => app.StartAsync(TestContext.Current.CancellationToken));
        foreach (var key in (string[])["Vae:MaxPixels", "Stage:MaxConcurrentCalls", "Model:Path"])
        {
            Assert.Contains(key, refused.ToString(), StringComparison.Ordinal);
        }
    }
}
