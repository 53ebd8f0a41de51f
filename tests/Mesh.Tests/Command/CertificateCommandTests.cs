using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using QwenMesh.Testing;

namespace QwenMesh.Mesh.Tests.Command;

/// <summary>The development CA, and the mesh that runs on it.</summary>
public sealed class CertificateCommandTests
{
    [Fact]
    public async Task A_mesh_with_certificates_draws_and_its_stages_refuse_strangers()
    {
        using var folder = new TemporaryFolder();
        await using var command = new MeshCommand { ["Stage__DrainSeconds"] = "1" };
        var made = await command.RunAsync("certificates", folder.Path);
        Assert.True(made.Code == 0, made.Output);
        command["QWENMESH_TLS"] = folder.Path;
        var up = await command.RunAsync("up", "--detach");
        Assert.True(up.Code == 0, up.Output);

        var picture = Path.Combine(command.RunFolder, "picture.png");
        var drawn = await command.RunAsync("generate", "a red circle", picture);
        Assert.True(drawn.Code == 0, drawn.Output);
        Assert.True(new FileInfo(picture).Length > 1000);

        using var authority = X509CertificateLoader.LoadCertificateFromFile(folder.File("ca.crt"));
        var port = int.Parse(command["QWENMESH_DENOISER_PORT"], System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(await IsServedAsync(port, authority, folder, "gateway"));
        Assert.False(await IsServedAsync(port, authority, folder, "encoder"));
        Assert.False(await IsServedAsync(port, authority, folder, null));
    }

    [Fact]
    public async Task Run_again_it_makes_new_certificates_of_the_same_authority()
    {
        using var folder = new TemporaryFolder();
        await using var command = new MeshCommand();
        Assert.Equal(0, (await command.RunAsync("certificates", folder.Path)).Code);
        var (authority, own) = (await TextAsync("ca.crt"), await TextAsync("vae.crt"));
        Assert.Equal(0, (await command.RunAsync("certificates", folder.Path)).Code);
        Assert.Equal(authority, await TextAsync("ca.crt"));
        Assert.NotEqual(own, await TextAsync("vae.crt"));
        var modes = await command.RunProgramAsync("stat", ["-c", "%a", .. Directory.GetFiles(folder.Path)]);
        Assert.All(modes.Output.TrimEnd().Split('\n'), mode => Assert.Equal("600", mode));

        Task<string> TextAsync(string name) => File.ReadAllTextAsync(folder.File(name), TestContext.Current.CancellationToken);
    }

    /// <summary>Whether a stage talks to a caller with a certificate: under TLS 1.3 a refusal comes with the first answer.</summary>
    private static async Task<bool> IsServedAsync(int port, X509Certificate2 authority, TemporaryFolder folder, string? name)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        using var certificate = name is null ? null : X509Certificate2.CreateFromPemFile(folder.File($"{name}.crt"), folder.File($"{name}.key"));
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(authority);
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync("127.0.0.1", port, limit.Token);
        await using var stream = new SslStream(client.GetStream());
        try
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "127.0.0.1",
                    CertificateChainPolicy = policy,
                    ApplicationProtocols = [SslApplicationProtocol.Http2],
                    LocalCertificateSelectionCallback = certificate is null ? null : (_, _, _, _, _) => certificate,
                }, limit.Token);
            // The beginning of HTTP/2 with empty settings (RFC 9113, 3.4), which the server answers with its own.
            await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"u8.ToArray(), limit.Token);
            return await stream.ReadAsync(new byte[9], limit.Token) > 0;
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException)
        {
            return false;
        }
    }
}
