using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Tls;

/// <summary>The Gateway's connections to stages.</summary>
public sealed class StageTlsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_picture_is_drawn_over_mutual_TLS()
    {
        await using var mesh = await TlsMesh.StartAsync();
        await mesh.Gateway.ReadyAsync();
        await mesh.DrawAsync();
        Assert.All(new[] { mesh.Encoder.Address, mesh.Denoiser.Address, mesh.Vae.Address }, address => Assert.StartsWith("https://", address, StringComparison.Ordinal));
        Assert.Equal(1, mesh.Vae.Service.Calls.Count);
    }

    [Fact]
    public async Task Clients_of_the_stages_go_through_over_mutual_TLS()
    {
        await using var mesh = await TlsMesh.StartAsync();
        await mesh.Gateway.ReadyAsync();
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        using var call = new EncoderStage.EncoderStageClient(channel).Encode(deadline: DateTime.UtcNow.AddSeconds(60), cancellationToken: Token);
        await call.RequestStream.CompleteAsync();
        var refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Token));
        Assert.Equal("encoder", StageFaults.Read(refused)?.Stage); // An empty call, refused by the stage itself.
    }

    [Theory]
    [InlineData("another authority", "its certificate is of another CA than those of Tls:CaFile")]
    [InlineData("expired", "its certificate is valid from ")]
    [InlineData("another pool's", "its certificate is not for the name 'vae'")]
    [InlineData("a client's", "its certificate is not one of a server")]
    public async Task A_stage_without_its_own_valid_certificate_gets_no_call(string certificate, string reason)
    {
        using var other = new TestAuthority();
        await using var mesh = await TlsMesh.StartAsync(authority => new FakeStageTls(certificate switch
        {
            "another authority" => other.Issue(TestAuthority.Server, "vae"),
            "expired" => authority.Issue(TestAuthority.Server, "vae", days: -1),
            "another pool's" => authority.Issue(TestAuthority.Server, "denoiser"),
            _ => authority.Issue(TestAuthority.Client, "vae"),
        }));
        await Eventually.TrueAsync(() => mesh.Logs.Lines.Any(line => line.Contains($"with vae is refused: {reason}", StringComparison.Ordinal)), "the refusal is told");
        using var ready = await mesh.Gateway.Http.GetAsync(new Uri("/v1/health/ready", UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal((0, 0), (mesh.Vae.Service.Calls.Count, mesh.Vae.Info.Asked));
    }

    [Fact]
    public async Task Certificates_and_authority_change_while_a_picture_is_drawn()
    {
        await using var mesh = await TlsMesh.StartAsync();
        await mesh.Gateway.ReadyAsync();
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        mesh.Denoiser.Service.Calls.Hold = held.Task;
        var drawing = mesh.DrawAsync();
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), Token);

        using var successor = new TestAuthority();
        foreach (var name in new[] { "encoder", "denoiser", "vae", "gateway" })
        {
            mesh.Write(successor, name);
        }
        await Eventually.TrueAsync(() => mesh.Logs.Lines.Count(line => line.Contains("The certificate for this service is valid until", StringComparison.Ordinal)) >= 2, "the new files are read");
        held.SetResult();
        await drawing;

        // Another replica at the same address knows the successor alone, and is shown its certificate.
        var place = mesh.Denoiser.EndPoint;
        await mesh.Denoiser.KillAsync();
        mesh.Denoiser = await FakeStage<FakeDenoiser>.StartAsync(new FakeDenoiser(), at: place, tls: mesh.Tls("denoiser"));
        await mesh.Gateway.ReadyAsync();
        await mesh.DrawAsync();
        Assert.Equal(1, mesh.Denoiser.Service.Calls.Count);
    }

    [Fact]
    public async Task With_a_certificate_no_stage_is_called_without_TLS()
    {
        using var authority = new TestAuthority();
        using var folder = new TemporaryFolder();
        authority.Write(folder.Path, TestAuthority.Client, "gateway");
        var settings = new Dictionary<string, string?>(TestAuthority.Settings(folder.Path));
        settings["Stages:Denoiser:Addresses:0"] = "http://10.0.0.7:7002";
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => GatewayHost.StartAsync(settings));
        Assert.StartsWith("Stages:Denoiser:Addresses:0 'http://10.0.0.7:7002' is without TLS", refused.Message, StringComparison.Ordinal);
    }
}
