using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
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

        Assert.Contains($"QWENMESH_TLS={folder.Path} ./qwenmesh generate", up.Output, StringComparison.Ordinal);
        Assert.Contains($"https://127.0.0.1:{command.HttpPort} ", up.Output, StringComparison.Ordinal);

        var picture = Path.Combine(command.RunFolder, "picture.png");
        var drawn = await command.RunAsync("generate", "a red circle", picture);
        Assert.True(drawn.Code == 0, drawn.Output);
        Assert.True(new FileInfo(picture).Length > 1000);
        await command.ReadyAsync();
        await RefusedAsync(command);

        using var authority = X509CertificateLoader.LoadCertificateFromFile(folder.File("ca.crt"));
        var port = int.Parse(command["QWENMESH_DENOISER_PORT"], System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(await IsServedAsync(port, authority, folder, "gateway"));
        Assert.False(await IsServedAsync(port, authority, folder, "encoder"));
        Assert.False(await IsServedAsync(port, authority, folder, null));
    }

    [Fact]
    public async Task A_mesh_without_certificates_is_not_asked_over_TLS_in_vain()
    {
        using var folder = new TemporaryFolder();
        await using var command = new MeshCommand();
        Assert.Equal(0, (await command.RunAsync("certificates", folder.Path)).Code);
        Assert.Equal(0, (await command.RunAsync("up", "--detach")).Code);
        command["QWENMESH_TLS"] = folder.Path;
        var (code, output) = await command.RunAsync("generate", "a red circle", Path.Combine(command.RunFolder, "none.png"));
        Assert.NotEqual(0, code);
        Assert.Matches($@"^qwenmesh: no TLS with the mesh on 127.0.0.1:{command.HttpPort}: [^\n]+ and empty where it has none\n$", output);

        // What has ended is not started with certificates beside those that have none.
        var vae = command.Pid("vae");
        await command.SignalAsync("KILL", vae);
        await Eventually.TrueAsync(() => !MeshCommand.Runs(vae), "the vae has ended");
        Assert.Contains("run with QWENMESH_TLS=; stop them", (await command.RunAsync("up", "--detach")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_for_clients_of_another_authority_ends_up_at_once()
    {
        using var folder = new TemporaryFolder();
        using var other = new TemporaryFolder();
        await using var command = new MeshCommand();
        Assert.Equal(0, (await command.RunAsync("certificates", folder.Path)).Code);
        Assert.Equal(0, (await command.RunAsync("certificates", other.Path)).Code);
        File.Copy(other.File("edge.crt"), folder.File("edge.crt"), overwrite: true);
        File.Copy(other.File("edge.key"), folder.File("edge.key"), overwrite: true);
        command["QWENMESH_TLS"] = folder.Path;
        var (code, output) = await command.RunAsync("up", "--detach");
        Assert.NotEqual(0, code);
        Assert.Contains("edge.crt is not believed with", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(command.RunFolder, "*.pid"));
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

    /// <summary>Without the folder, and with another one, <c>generate</c> says what is wrong, and <c>status</c> that the Gateway is not ready.</summary>
    private static async Task RefusedAsync(MeshCommand command)
    {
        using var other = new TemporaryFolder();
        Assert.Equal(0, (await command.RunAsync("certificates", other.Path)).Code);
        var own = command["QWENMESH_TLS"];
        foreach (var (folder, reason, seen) in new[] { ("", "speaks TLS; QWENMESH_TLS has to be the folder", "Empty reply"), (other.Path, "SSL certificate problem", "SSL certificate problem") })
        {
            command["QWENMESH_TLS"] = folder;
            var picture = Path.Combine(command.RunFolder, "none.png");
            var (code, output) = await command.RunAsync("generate", "a red circle", picture);
            Assert.NotEqual(0, code);
            Assert.Matches($@"^qwenmesh: [^\n]*{reason}[^\n]*\n$", output);
            Assert.False(File.Exists(picture));
            await Eventually.TrueAsync(
                async () => Regex.IsMatch((await command.RunAsync("status")).Output, $@"vae +ready[^\n]*\n +gateway +not ready +pid \d+ \({seen}", RegexOptions.None, TimeSpan.FromSeconds(1)),
                $"status says of the Gateway alone that it is not ready: {seen}");
        }
        command["QWENMESH_TLS"] = own;
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
