using QwenMesh.Testing.Containers;

namespace QwenMesh.Containers.Tests;

/// <summary>Where there are no containers, tests are told why; these need none.</summary>
public sealed class ImageScriptTests
{
    [Theory]
    [InlineData("QWENMESH_DOCKER", "off", "QWENMESH_DOCKER=off")]
    [InlineData("DOCKER_HOST", "unix:///nonexistent/docker.sock", "dockerd does not start: no such device")]
    public async Task The_reason_is_given(string variable, string value, string reason)
    {
        var environment = new Dictionary<string, string?>
        {
            ["QWENMESH_DOCKER"] = "",
            ["QWENMESH_DOCKER_FAULT"] = "dockerd does not start: no such device",
            [variable] = value,
        };
        var answer = await ImageScript.RunAsync(ContainerImage.Dotnet, environment);
        Assert.Equal(reason, answer.Unavailable);
    }

    [Fact]
    public async Task An_unknown_image_is_a_failure_and_no_reason_to_skip()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => ImageScript.RunAsync("no-such-image"));
        Assert.Contains("no-such-image", failure.Message, StringComparison.Ordinal);
    }
}
