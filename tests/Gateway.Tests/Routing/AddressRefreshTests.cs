using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Routing;

public sealed class AddressRefreshTests
{
    private const string Request = """{"prompt":"x","width":512,"height":512}""";

    [Fact]
    public async Task A_name_is_expanded_to_all_its_addresses_and_looked_up_again()
    {
        await using var first = await FakeStage<FakeDenoiser>.StartAsync(new FakeDenoiser(), at: new IPEndPoint(IPAddress.Loopback, 0));
        var port = first.EndPoint.Port;
        var (known, fails, failed) = (new[] { IPAddress.Loopback }, false, 0);
        HostLookup lookup = (name, _) => Volatile.Read(ref fails) && Interlocked.Increment(ref failed) > 0
            ? throw new SocketException((int)SocketError.HostNotFound)
            : Task.FromResult(name == "denoisers.test" ? Volatile.Read(ref known) : throw new SocketException((int)SocketError.HostNotFound));
        await using var mesh = await FakeMesh.StartAsync(
            settings: new Dictionary<string, string?>
            {
                ["Stages:Denoiser:Addresses:0"] = $"dns:///denoisers.test:{port}",
                ["Stages:DnsRefreshSeconds"] = "0.1",
                ["Gateway:RetrySeconds"] = "1",
            },
            services: services => services.AddSingleton(lookup));
        using var before = await mesh.Gateway.PostAsync("/v1/infer", Request);
        await Artifact.ReadAsync(before);
        Assert.Equal(1, first.Service.Calls.Count);

        known = [IPAddress.Loopback, IPAddress.Parse("127.0.0.2")];
        await Eventually.TrueAsync(() => Addresses(mesh).Length == 2, "the second address is known");
        Assert.Equal([$"http://127.0.0.1:{port}", $"http://127.0.0.2:{port}"], Addresses(mesh));

        Volatile.Write(ref fails, true);
        // The third begins when what the first two changed has been taken up.
        await Eventually.TrueAsync(() => Volatile.Read(ref failed) >= 3, "look-ups have failed");
        Assert.Equal(2, Addresses(mesh).Length);

        known = [];
        Volatile.Write(ref fails, false);
        await Eventually.TrueAsync(() => Addresses(mesh).Length == 0, "no address is left");
        using var none = await mesh.Gateway.PostAsync("/v1/infer", Request);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, none.StatusCode);
    }

    [Fact]
    public async Task Addresses_of_the_configuration_can_change_while_running()
    {
        await using var other = await FakeStage<FakeDenoiser>.StartAsync(new FakeDenoiser());
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Gateway.Configuration["Stages:Denoiser:Addresses:0"] = other.Address;
        mesh.Gateway.Configuration.Reload();
        await Eventually.TrueAsync(() => Addresses(mesh) is [var only] && only == other.Address, "the new address is taken up");
        using var response = await mesh.Gateway.PostAsync("/v1/infer", Request);
        await Artifact.ReadAsync(response);
        Assert.Equal((0, 1), (mesh.Denoiser.Service.Calls.Count, other.Service.Calls.Count));
    }

    [Theory]
    [InlineData("http://10.0.0.1:7002", true)]
    [InlineData("dns:///denoiser.mesh.svc:7002", true)]
    [InlineData("dns:///denoiser", false)]
    [InlineData("dns://denoiser:7002", false)]
    [InlineData("dns:///denoiser:0", false)]
    [InlineData("denoiser:7002", false)]
    [InlineData("http://host:7002/path", false)]
    [InlineData("ftp://host:7002", false)]
    [InlineData("", false)]
    public void Addresses_are_checked(string address, bool valid) => Assert.Equal(valid, StageAddress.Fault(address) is null);

    private static string[] Addresses(FakeMesh mesh) =>
        mesh.Gateway.Services.GetRequiredService<Yarp.ReverseProxy.IProxyStateLookup>().TryGetCluster(StageNames.Denoiser, out var cluster)
            ? [.. cluster.DestinationsState.AllDestinations.Select(destination => destination.Model.Config.Address).Order(StringComparer.Ordinal)]
            : [];
}
