using System.Globalization;
using System.Runtime.InteropServices;
using Docker.DotNet.Models;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using DotNet.Testcontainers.Images;
using DotNet.Testcontainers.Networks;

namespace QwenMesh.Testing.Containers;

/// <summary>
/// The mesh's services as containers: the binaries that were built, on this machine's .NET runtime. Both are mounted, so nothing is published or
/// copied, and the daemon must run on this machine. A container is reached by its service's name in lower case within its network, and from
/// the test by <see cref="GrpcAddress"/> and <see cref="HttpAddress"/>.
/// </summary>
public static class ServiceContainer
{
    /// <summary>Port of gRPC in every container.</summary>
    public const ushort GrpcPort = 8081;

    /// <summary>Port of HTTP/1.1 (health, metrics, the Gateway's dialects) in every container.</summary>
    public const ushort HttpPort = 8080;

    /// <summary>Where this machine has .NET: DOTNET of DOTNET/shared/Microsoft.NETCore.App/VERSION/.</summary>
    public static string DotnetRoot { get; } = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    /// <summary>A stage on a checkpoint folder; started once it is ready.</summary>
    public static ContainerBuilder Stage(string image, INetwork network, string service, string model)
    {
        var mounted = "/models/" + Path.GetFileName(model); // The folder's name is the model's.
        return Service(image, network, service, "/health/ready")
            .WithBindMount(model, mounted, AccessMode.ReadOnly)
            .WithEnvironment("Model__Path", mounted)
            .WithEnvironment("Stage__BindAddress", "0.0.0.0")
            .WithEnvironment("Stage__GrpcPort", Text(GrpcPort))
            .WithEnvironment("Stage__HttpPort", Text(HttpPort));
    }

    /// <summary>A Gateway; started once it listens, because its pools may come later.</summary>
    public static ContainerBuilder Gateway(string image, INetwork network) => Service(image, network, "Gateway", "/health/live")
        .WithEnvironment("Gateway__BindAddress", "0.0.0.0")
        .WithEnvironment("Access__AllowAnonymous", "true") // Published on loopback only.
        .WithEnvironment("Gateway__GrpcPort", Text(GrpcPort))
        .WithEnvironment("Gateway__HttpPort", Text(HttpPort));

    /// <summary>Where other containers of the network find a service's gRPC port.</summary>
    public static string AddressWithin(string service) => $"http://{Alias(service)}:{GrpcPort}";

    public static string GrpcAddress(this IContainer container) => $"http://{container.Hostname}:{container.GetMappedPublicPort(GrpcPort)}";

    public static string HttpAddress(this IContainer container) => $"http://{container.Hostname}:{container.GetMappedPublicPort(HttpPort)}";

    private static ContainerBuilder Service(string image, INetwork network, string service, string health)
    {
        // artifacts/bin/QwenMesh.X.Tests/release -> artifacts/bin/QwenMesh.Encoder/release
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        var binaries = Path.Combine(folder.Parent!.Parent!.FullName, $"QwenMesh.{service}", folder.Name);
        return new ContainerBuilder(image)
            .WithImagePullPolicy(PullPolicy.Never)
            .WithLabel(TestRun.Label, TestRun.Id)
            .WithNetwork(network)
            .WithNetworkAliases(Alias(service))
            .WithBindMount(binaries, "/app", AccessMode.ReadOnly)
            .WithBindMount(DotnetRoot, "/dotnet", AccessMode.ReadOnly)
            .WithEnvironment("DOTNET_ROOT", "/dotnet")
            .WithCommand($"/app/QwenMesh.{service}")
            .WithPortBinding(GrpcPort, assignRandomHostPort: true)
            .WithPortBinding(HttpPort, assignRandomHostPort: true)
            .WithCreateParameterModifier(PublishOnLoopback)
            .WithWaitStrategy(Wait.ForUnixContainer().UntilHttpRequestIsSucceeded(
                request => request.ForPort(HttpPort).ForPath(health),
                strategy => strategy.WithInterval(TimeSpan.FromMilliseconds(100)).WithTimeout(TimeSpan.FromSeconds(120))));
    }

    // By default Docker publishes on all of the machine's addresses.
    internal static void PublishOnLoopback(CreateContainerParameters parameters)
    {
        foreach (var binding in parameters.HostConfig!.PortBindings!.Values.SelectMany(bindings => bindings))
        {
            binding.HostIP = "127.0.0.1";
        }
    }

    private static string Alias(string service) => service.ToLowerInvariant();

    private static string Text(ushort port) => port.ToString(CultureInfo.InvariantCulture);
}
