using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Tls;

/// <summary>What keeps a service from starting.</summary>
public sealed class TlsSettingTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string?> _settings;

    public TlsSettingTests()
    {
        _authority.Write(_folder.Path, TestAuthority.Client, "gateway");
        _settings = new Dictionary<string, string?>(TestAuthority.Settings(_folder.Path));
    }

    [Theory]
    [InlineData("Tls:CertificateFile", "Tls:CertificateFile is empty, and Tls:KeyFile is not; they belong together")]
    [InlineData("Tls:KeyFile", "Tls:KeyFile is empty, and Tls:CertificateFile is not; they belong together")]
    [InlineData("Tls:CaFile", "Tls:CaFile is empty, and Tls:CertificateFile is not; they belong together")]
    public async Task Half_of_the_files_is_refused(string missing, string fault)
    {
        _settings[missing] = "";
        Assert.Equal([fault], await FaultsAsync());
    }

    [Theory]
    [InlineData("Tls:Edge:CertificateFile", "x", "Tls:Edge:KeyFile is empty, and Tls:Edge:CertificateFile is not; they belong together")]
    [InlineData("Tls:Edge:KeyFile", "x", "Tls:Edge:CertificateFile is empty, and Tls:Edge:KeyFile is not; they belong together")]
    [InlineData("Tls:ReloadSeconds", "0", "Tls:ReloadSeconds is 0; 0.05 to 86400 are allowed")]
    [InlineData("Tls:CallerNames:0", " ", "Tls:CallerNames has an empty name")]
    public async Task A_setting_at_fault_is_told_with_its_key(string key, string value, string fault)
    {
        _settings[key] = value;
        Assert.Equal([fault], await FaultsAsync());
    }

    [Fact]
    public async Task Callers_without_certificates_are_refused()
    {
        _settings.Clear();
        _settings["Tls:CallerNames:0"] = "gateway";
        Assert.Equal(["Tls:CallerNames is set, and nobody is asked for a certificate without Tls:CertificateFile"], await FaultsAsync());
    }

    [Fact]
    public async Task Files_that_are_not_there_or_do_not_fit_are_refused()
    {
        var key = await File.ReadAllTextAsync(_folder.File("tls.key"), TestContext.Current.CancellationToken);
        _authority.Write(_folder.File("other"), TestAuthority.Client, "gateway");
        File.Copy(_folder.File("other/tls.key"), _folder.File("tls.key"), overwrite: true);
        Assert.StartsWith("Tls:CertificateFile '", await OneFaultAsync(), StringComparison.Ordinal);

        await File.WriteAllTextAsync(_folder.File("tls.key"), key, TestContext.Current.CancellationToken);
        _folder.Write("ca.crt", "nothing");
        Assert.EndsWith("has no certificate", await OneFaultAsync(), StringComparison.Ordinal);

        File.Delete(_folder.File("ca.crt"));
        Assert.StartsWith($"Tls:CaFile '{_folder.File("ca.crt")}' cannot be read", await OneFaultAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expired_certificate_of_its_own_is_refused()
    {
        using var expired = _authority.Issue(TestAuthority.Client, "gateway", days: -1);
        _folder.Write("tls.crt", expired.ExportCertificatePem());
        using var key = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(expired)!;
        _folder.Write("tls.key", key.ExportPkcs8PrivateKeyPem());
        Assert.EndsWith(", and not now", await OneFaultAsync(), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    private async Task<string> OneFaultAsync() => Assert.Single(await FaultsAsync());

    private async Task<IEnumerable<string>> FaultsAsync() =>
        (await Assert.ThrowsAsync<OptionsValidationException>(() => GatewayHost.StartAsync(_settings))).Failures;
}
