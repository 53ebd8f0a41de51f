using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using QwenMesh.Testing;

namespace QwenMesh.Mesh.Tests.Telemetry;

/// <summary>The metrics that say when certificates end, as docs/telemetry.md lists them.</summary>
public sealed class CertificateMetricTests : IDisposable
{
    private const double Day = 86_400;

    private static readonly IReadOnlyList<DocumentRow> Rows = [.. DocumentTable.Read("Instruments").Where(row => row.Name("meter") == "QwenMesh.Tls")];

    private readonly TestAuthority _authority = new();
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stage_tells_how_long_its_files_last_also_after_they_were_renewed()
    {
        _authority.Write(_folder.Path, TestAuthority.Server, "127.0.0.1");
        var settings = TestAuthority.Settings(_folder.Path).ToDictionary(setting => setting.Key.Replace(":", "__", StringComparison.Ordinal), setting => setting.Value!);
        await using var stage = ServiceProcess.StartStage("Vae", Repository.NanoModel, settings);
        await stage.ReadyAsync("/health/ready", Cancellation);

        // Issued ten days ago for a day from now on; the authority for thirty days before and after.
        var told = await ReadAsync("http", stage);
        Assert.Equal(["ca", "certificate"], told.Keys.Order(StringComparer.Ordinal));
        Assert.InRange(told["certificate"].Expiry, Day - 600, Day);
        Assert.Equal(11 * Day, told["certificate"].Lifetime, tolerance: 2);
        Assert.InRange(told["ca"].Expiry, (30 * Day) - 600, 30 * Day);
        Assert.Equal(60 * Day, told["ca"].Lifetime, tolerance: 2);

        _authority.Write(_folder.Path, TestAuthority.Server, "127.0.0.1", days: 3);
        await Eventually.TrueAsync(async () => (await ReadAsync("http", stage))["certificate"].Expiry > 2 * Day, "the new certificate is measured");
    }

    /// <summary>Local times before and after the clocks are put forward or back are an hour nearer or farther than they seem.</summary>
    [Fact]
    public async Task Summer_time_makes_no_difference()
    {
        const string Zone = "Europe/Berlin";
        Assert.SkipUnless(TimeZoneInfo.TryFindSystemTimeZoneById(Zone, out var zone), $"needs the time zone {Zone}");
        var now = DateTimeOffset.UtcNow;
        var days = Enumerable.Range(1, 365).First(day => zone.GetUtcOffset(now.AddDays(day)) != zone.GetUtcOffset(now));
        WriteSelfSigned(now, now.AddDays(days));
        var settings = TestAuthority.Settings(_folder.Path).ToDictionary(setting => setting.Key.Replace(":", "__", StringComparison.Ordinal), setting => setting.Value!);
        await using var stage = ServiceProcess.StartStage("Vae", Repository.NanoModel, new Dictionary<string, string>(settings) { ["TZ"] = Zone });
        await stage.ReadyAsync("/health/ready", Cancellation);
        var (expiry, lifetime) = (await ReadAsync("http", stage))["certificate"];
        Assert.Equal(days * Day, lifetime, tolerance: 2);
        Assert.InRange(expiry, (days * Day) - 600, days * Day);
    }

    [Fact]
    public async Task A_Gateway_tells_how_long_the_certificate_for_clients_lasts()
    {
        _authority.Write(_folder.Path, TestAuthority.Server, "127.0.0.1");
        await using var gateway = ServiceProcess.StartGateway([], [], [], new Dictionary<string, string>
        {
            ["Tls__Edge__CertificateFile"] = _folder.File("tls.crt"),
            ["Tls__Edge__KeyFile"] = _folder.File("tls.key"),
        });
        Dictionary<string, (double Expiry, double Lifetime)> told = [];
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                told = await ReadAsync("https", gateway);
                return true;
            }
            catch (HttpRequestException)
            {
                return false; // It starts.
            }
        }, "the Gateway is scraped");
        Assert.Equal(["edge"], told.Keys);
        Assert.InRange(told["edge"].Expiry, Day - 600, Day);
        Assert.Equal(11 * Day, told["edge"].Lifetime, tolerance: 2);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    private void WriteSelfSigned(DateTimeOffset from, DateTimeOffset to)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256).CreateSelfSigned(from, to);
        _folder.Write("tls.key", key.ExportPkcs8PrivateKeyPem());
        _folder.Write("tls.crt", certificate.ExportCertificatePem());
        _folder.Write("ca.crt", certificate.ExportCertificatePem());
    }

    private async Task<Dictionary<string, (double Expiry, double Lifetime)>> ReadAsync(string scheme, ServiceProcess service)
    {
        using var handler = new SocketsHttpHandler { SslOptions = new() { CertificateChainPolicy = _authority.Policy } };
        using var http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(30) };
        var families = PrometheusScrape.Parse(await http.GetStringAsync($"{scheme}://127.0.0.1:{service.HttpPort}/metrics", Cancellation))
            .Where(family => family.Name.StartsWith("qwenmesh_tls_", StringComparison.Ordinal)).ToArray();
        Assert.Equal(Rows.Select(row => (row.Name("Prometheus"), row["kind"])).Order(), families.Select(family => (family.Name, family.Type)).Order());
        Assert.All(families.SelectMany(family => family.Samples), sample => Assert.Contains(sample.Labels["file"], DocumentTable.Tags(Rows[0]["tags"])[0].Values));
        var (expiry, lifetime) = (Values("expiry"), Values("lifetime"));
        return expiry.ToDictionary(each => each.Key, each => (each.Value, lifetime[each.Key]));

        Dictionary<string, double> Values(string metric) => families.Single(family => family.Name.Contains(metric, StringComparison.Ordinal)).Samples
            .ToDictionary(sample => sample.Labels["file"], sample => double.Parse($"{sample.Value}", CultureInfo.InvariantCulture));
    }
}
