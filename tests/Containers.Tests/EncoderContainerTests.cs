using QwenMesh.Testing;
using QwenMesh.Testing.Containers;

namespace QwenMesh.Containers.Tests;

/// <summary>The Encoder as it runs in a cluster: in a container, with nothing of this machine but the mounted binaries and runtime.</summary>
public sealed class EncoderContainerTests
{
    [Fact]
    public async Task An_encoder_in_a_container_computes_what_the_reference_does()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var image = await ContainerImage.RequireAsync(ContainerImage.Dotnet, cancellation);
        using var golden = GoldenCase.Open("t2i-0");
        await using var network = TestRun.Network();
        await using var encoder = ServiceContainer.Stage(image, network, "Encoder", golden.ModelFolder).Build();
        await encoder.StartAsync(cancellation);

        await GoldenPrompts.AssertEqualAsync(encoder.GrpcAddress(), golden, cancellation);
    }

    [Fact]
    public async Task A_gateway_in_another_container_finds_the_encoder_by_its_name()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var image = await ContainerImage.RequireAsync(ContainerImage.Dotnet, cancellation);
        using var golden = GoldenCase.Open("t2i-0");
        await using var network = TestRun.Network();
        await using var encoder = ServiceContainer.Stage(image, network, "Encoder", golden.ModelFolder).Build();
        await using var gateway = ServiceContainer.Gateway(image, network)
            .WithEnvironment("Stages__Encoder__Addresses__0", ServiceContainer.AddressWithin("Encoder"))
            .Build();
        await Task.WhenAll(encoder.StartAsync(cancellation), gateway.StartAsync(cancellation));

        await GoldenPrompts.AssertEqualAsync(gateway.GrpcAddress(), golden, cancellation);
    }
}
