using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Networks;

namespace QwenMesh.Testing.Containers;

/// <summary>Marks what tests make, so that <c>docker/with-docker</c> can remove what a killed test leaves behind.</summary>
public static class TestRun
{
    /// <summary>Label of every container and network.</summary>
    public const string Label = "org.qwenmesh.test-run";

    /// <summary>Its value; the script's, or this process's own without the script.</summary>
    public static string Id { get; } = Environment.GetEnvironmentVariable("QWENMESH_TEST_RUN") ?? $"process-{Environment.ProcessId}";

    /// <summary>A network of its own for one test; exists once a container that is on it has started.</summary>
    public static INetwork Network() => new NetworkBuilder().WithLabel(Label, Id).Build();
}
