using System.Net;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Tls;

/// <summary>Three fake stages behind the stages' own TLS and a Gateway, each with a folder of files. As in a cluster, pools have names and certificates no address.</summary>
internal sealed class TlsMesh : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    private TlsMesh(TestAuthority authority) => Authority = authority;

    public TestAuthority Authority { get; }

    public FakeStage<FakeEncoder> Encoder { get; private set; } = null!;

    public FakeStage<FakeDenoiser> Denoiser { get; set; } = null!;

    public FakeStage<FakeVae> Vae { get; private set; } = null!;

    public GatewayHost Gateway { get; private set; } = null!;

    public AllLogs Logs { get; } = new();

    /// <param name="vae">The Vae's TLS, made by an authority; null for the right one.</param>
    public static async Task<TlsMesh> StartAsync(Func<TestAuthority, FakeStageTls>? vae = null)
    {
        var mesh = new TlsMesh(new TestAuthority());
        foreach (var name in new[] { "encoder", "denoiser", "vae", "gateway" })
        {
            mesh.Write(mesh.Authority, name);
        }
        mesh.Encoder = await FakeStage<FakeEncoder>.StartAsync(new FakeEncoder(), tls: mesh.Tls("encoder"));
        mesh.Denoiser = await FakeStage<FakeDenoiser>.StartAsync(new FakeDenoiser(), tls: mesh.Tls("denoiser"));
        mesh.Vae = await FakeStage<FakeVae>.StartAsync(new FakeVae(), tls: vae?.Invoke(mesh.Authority) ?? mesh.Tls("vae"));
        var settings = new Dictionary<string, string?>(TestAuthority.Settings(mesh.Folder("gateway")));
        var places = new Dictionary<string, IPEndPoint> { ["encoder"] = mesh.Encoder.EndPoint, ["denoiser"] = mesh.Denoiser.EndPoint, ["vae"] = mesh.Vae.EndPoint };
        settings["Stages:Encoder:Addresses:0"] = $"dns:///encoder:{places["encoder"].Port}";
        settings["Stages:Denoiser:Addresses:0"] = $"dns:///denoiser:{places["denoiser"].Port}";
        settings["Stages:Vae:Addresses:0"] = $"dns:///vae:{places["vae"].Port}";
        mesh.Gateway = await GatewayHost.StartAsync(settings, services =>
        {
            services.AddSingleton(new HostLookup((name, _) => Task.FromResult<IPAddress[]>([places[name].Address])));
            mesh.Logs.AddTo(services);
        });
        return mesh;
    }

    public FakeStageTls Tls(string name) => new(Folder(name));

    /// <summary>Replaces the files of a service.</summary>
    public void Write(TestAuthority authority, string name) =>
        authority.Write(Folder(name), name == "gateway" ? TestAuthority.Client : TestAuthority.Server, name);

    public async Task DrawAsync()
    {
        using var response = await Gateway.PostAsync("/v1/infer", """{"prompt":"x","width":512,"height":512}""", TestContext.Current.CancellationToken);
        await Artifact.ReadAsync(response);
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Encoder.DisposeAsync();
        await Denoiser.DisposeAsync();
        await Vae.DisposeAsync();
        Authority.Dispose();
        _folder.Dispose();
    }

    private string Folder(string name) => _folder.File(name);
}
