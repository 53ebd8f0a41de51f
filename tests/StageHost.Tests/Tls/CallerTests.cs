using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;
using QwenMesh.StageHost.Tests.Calls;
using QwenMesh.Testing;

namespace QwenMesh.StageHost.Tests.Tls;

/// <summary>Who may call a stage's gRPC port once it has a certificate.</summary>
public sealed class CallerTests : IDisposable
{
    private const string Spiffe = "spiffe://cluster.local/ns/qwenmesh/sa/gateway";

    private readonly TestAuthority _authority = new();
    private readonly TemporaryFolder _folder = new();

    public CallerTests() => _authority.Write(_folder.Path, TestAuthority.Server, "127.0.0.1");

    [Theory]
    [InlineData("gateway", "")]
    [InlineData(Spiffe, Spiffe)]
    public async Task The_Gateway_is_served(string name, string callers)
    {
        await using var stage = await StartAsync(callers.Length > 0 ? [$"--Tls:CallerNames:0={callers}"] : []);
        Assert.StartsWith("https://", stage.Address, StringComparison.Ordinal);
        using var certificate = _authority.Issue(TestAuthority.Client, name);
        using var caller = new StageCaller(stage.Address, _authority, certificate);
        await caller.CallAsync();
        Assert.DoesNotContain(stage.Log.Warnings, line => line.Contains("refused", StringComparison.Ordinal)); // A paused machine makes Kestrel warn of other things.
    }

    [Fact]
    public Task A_caller_without_a_certificate_is_refused() => AssertRefusedAsync(null, "it has shown no certificate");

    [Fact]
    public async Task A_certificate_of_another_authority_is_refused()
    {
        using var other = new TestAuthority();
        using var certificate = other.Issue(TestAuthority.Client, "gateway");
        await AssertRefusedAsync(certificate, "its certificate is of another CA than those of Tls:CaFile");
    }

    [Fact]
    public async Task An_expired_certificate_is_refused()
    {
        using var certificate = _authority.Issue(TestAuthority.Client, "gateway", days: -1);
        await AssertRefusedAsync(certificate, "its certificate is valid from ");
    }

    [Fact]
    public async Task The_certificate_of_a_stage_does_not_call_another()
    {
        using var certificate = _authority.Issue(TestAuthority.Server, "gateway");
        await AssertRefusedAsync(certificate, "its certificate is not one of a client");
    }

    [Fact]
    public async Task A_client_of_the_same_authority_with_another_name_is_refused()
    {
        using var certificate = _authority.Issue(TestAuthority.Client, "denoiser");
        await AssertRefusedAsync(certificate, "its certificate has the names 'denoiser', and 'gateway' may call");
    }

    [Fact]
    public async Task A_caller_without_TLS_is_refused()
    {
        await using var stage = await StartAsync();
        using var caller = new StageCaller(stage.Address.Replace("https://", "http://", StringComparison.Ordinal), _authority, certificate: null);
        Assert.True(await caller.IsRefusedAsync());
    }

    [Fact]
    public async Task Refused_callers_do_not_fill_the_log()
    {
        var time = new StoppedTime();
        await using var stage = await StartAsync(time);
        using var caller = new StageCaller(stage.Address, _authority, certificate: null);
        for (var i = 0; i < 25; i++)
        {
            Assert.True(await caller.IsRefusedAsync());
        }
        // Ten in ten seconds; what was left out is counted when there is room again.
        Assert.Equal(10, Told("is refused"));
        Assert.Equal(0, Told("more TLS connections were refused"));
        time.Now = TimeSpan.FromSeconds(10);
        Assert.True(await caller.IsRefusedAsync());
        Assert.Equal((11, 1), (Told("is refused"), Told("more TLS connections were refused")));

        int Told(string what) => stage.Log.Warnings.Count(line => line.Contains(what, StringComparison.Ordinal));
    }

    [Fact]
    public async Task New_files_count_for_new_connections_and_running_ones_go_on()
    {
        await using var stage = await StartAsync();
        using var certificate = _authority.Issue(TestAuthority.Client, "gateway");
        using var running = new StageCaller(stage.Address, _authority, certificate);
        await running.CallAsync();

        using var successor = new TestAuthority();
        successor.Write(_folder.Path, TestAuthority.Server, "127.0.0.1");
        using var renewed = successor.Issue(TestAuthority.Client, "gateway");
        await Eventually.TrueAsync(async () =>
        {
            using var caller = new StageCaller(stage.Address, successor, renewed);
            return !await caller.IsRefusedAsync();
        }, "the new authority counts");
        using var late = new StageCaller(stage.Address, _authority, certificate);
        Assert.True(await late.IsRefusedAsync());
        await running.CallAsync();
    }

    [Fact]
    public async Task Faulty_files_change_nothing_and_are_told_once()
    {
        await using var stage = await StartAsync();
        _folder.Write("tls.key", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n");
        await Eventually.TrueAsync(() => stage.Log.Errors.Count > 0, "the fault is told");
        using var certificate = _authority.Issue(TestAuthority.Client, "gateway");
        using var caller = new StageCaller(stage.Address, _authority, certificate);
        await caller.CallAsync();
        var error = Assert.Single(stage.Log.Errors);
        Assert.StartsWith("Changed certificate files for this service are not taken, the certificate before them stays: Tls:CertificateFile", error, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", error, StringComparison.Ordinal);
    }

    /// <summary>Nothing can be signed with its key, which is what a TLS server does.</summary>
    [Fact]
    public async Task A_certificate_that_no_server_can_show_changes_nothing()
    {
        await using var stage = await StartAsync();
        WriteForKeyAgreementAlone();
        // Between the two files the stage may see a key without its certificate, which is another fault.
        await Eventually.TrueAsync(() => stage.Log.Errors.Any(error => error.Contains("cannot be shown", StringComparison.Ordinal)), "the fault is told");
        Assert.All(stage.Log.Errors, error => Assert.StartsWith("Changed certificate files for this service are not taken, the certificate before them stays: Tls:CertificateFile", error, StringComparison.Ordinal));
        using var certificate = _authority.Issue(TestAuthority.Client, "gateway");
        using var caller = new StageCaller(stage.Address, _authority, certificate);
        await caller.CallAsync();
        Assert.False(stage.Stopping.IsCancellationRequested);
    }

    [Fact]
    public async Task A_stage_does_not_start_with_a_certificate_that_no_server_can_show()
    {
        WriteForKeyAgreementAlone();
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync());
        Assert.StartsWith("Tls:CertificateFile", Assert.Single(refused.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stage_does_not_start_with_half_of_the_settings()
    {
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => FakeStage.StartAsync($"--Tls:CertificateFile={_folder.File("tls.crt")}"));
        Assert.Equal(
            ["Tls:KeyFile is empty, and Tls:CertificateFile is not; they belong together", "Tls:CaFile is empty, and Tls:CertificateFile is not; they belong together"],
            refused.Failures);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    private void WriteForKeyAgreementAlone()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyAgreement, critical: true));
        var now = DateTimeOffset.UtcNow;
        using var certificate = request.Create(request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), now.AddDays(-1), now.AddDays(1), [1]);
        _folder.Write("tls.key", key.ExportPkcs8PrivateKeyPem());
        _folder.Write("tls.crt", certificate.ExportCertificatePem());
    }

    private Task<FakeStage> StartAsync(params string[] settings) => StartAsync(TimeProvider.System, settings);

    private Task<FakeStage> StartAsync(TimeProvider time, params string[] settings) =>
        FakeStage.StartAsync(time, [.. TestAuthority.Settings(_folder.Path).Select(setting => $"--{setting.Key}={setting.Value}"), .. settings]);

    private async Task AssertRefusedAsync(X509Certificate2? certificate, string reason)
    {
        await using var stage = await StartAsync();
        using var caller = new StageCaller(stage.Address, _authority, certificate);
        await Assert.ThrowsAsync<HttpRequestException>(caller.CallAsync);
        await Eventually.TrueAsync(() => stage.Log.Warnings.Any(line => line.Contains("is refused", StringComparison.Ordinal)), "the refusal is told");
        Assert.Contains(stage.Log.Warnings, line => line.Contains($"is refused: {reason}", StringComparison.Ordinal));
    }

    /// <summary>Whose time stamps move when a test says so, however long the machine takes.</summary>
    private sealed class StoppedTime : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
