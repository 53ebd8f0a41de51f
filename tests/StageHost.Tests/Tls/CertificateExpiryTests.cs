using System.Globalization;
using System.Text.RegularExpressions;
using QwenMesh.StageHost.Tests.Calls;
using QwenMesh.Testing;

namespace QwenMesh.StageHost.Tests.Tls;

/// <summary>The metrics that say when certificates end.</summary>
public sealed class CertificateExpiryTests : IDisposable
{
    private const double Day = 86_400;

    private readonly TestAuthority _authority = new();
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Every_file_tells_how_long_its_certificate_lasts_also_after_it_was_renewed()
    {
        _authority.Write(_folder.Path, TestAuthority.Server, "127.0.0.1");
        await using var stage = await FakeStage.StartAsync([.. TestAuthority.Settings(_folder.Path).Select(setting => $"--{setting.Key}={setting.Value}")]);

        // Issued ten days ago for a day from now on; the authority for thirty days before and after.
        Assert.InRange((await ReadAsync(stage, "expiry", "certificate"))!.Value, Day - 600, Day);
        Assert.Equal(11 * Day, (await ReadAsync(stage, "lifetime", "certificate"))!.Value, tolerance: 2);
        Assert.InRange((await ReadAsync(stage, "expiry", "ca"))!.Value, (30 * Day) - 600, 30 * Day);
        Assert.Equal(60 * Day, (await ReadAsync(stage, "lifetime", "ca"))!.Value, tolerance: 2);
        Assert.Null(await ReadAsync(stage, "expiry", "edge"));

        _authority.Write(_folder.Path, TestAuthority.Server, "127.0.0.1", days: 3);
        await Eventually.TrueAsync(async () => await ReadAsync(stage, "expiry", "certificate") > 2 * Day, "the new certificate is measured");
    }

    [Fact]
    public async Task Without_certificates_nothing_is_told()
    {
        await using var stage = await FakeStage.StartAsync();
        Assert.Null(await ReadAsync(stage, "expiry", "certificate"));
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    private static async Task<double?> ReadAsync(FakeStage stage, string metric, string file)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        var text = await http.GetStringAsync(new Uri(new Uri(stage.HttpAddress), "/metrics"), TestContext.Current.CancellationToken);
        var sample = Regex.Match(
            text, $$"""^qwenmesh_tls_certificate_{{metric}}_seconds\{[^}]*file="{{file}}"[^}]*\} (?<value>\S+)""", RegexOptions.Multiline, TimeSpan.FromSeconds(5));
        return sample.Success ? double.Parse(sample.Groups["value"].Value, CultureInfo.InvariantCulture) : null;
    }
}
