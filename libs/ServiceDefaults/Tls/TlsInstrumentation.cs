using System.Diagnostics.Metrics;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Hosting;

namespace QwenMesh.ServiceDefaults.Tls;

/// <summary>How long the certificates last that are in use; docs/telemetry.md lists the instruments.</summary>
internal sealed class TlsInstrumentation(IMeterFactory meters, TlsCertificates certificates, TimeProvider time) : IHostedService, IDisposable
{
    private readonly Meter _meter = meters.Create("QwenMesh.Tls");

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _meter.CreateObservableGauge(
            "qwenmesh.tls.certificate.expiry", () => Measure(certificate => certificate.NotAfter.ToUniversalTime() - time.GetUtcNow().UtcDateTime), "s", "Seconds until the certificate of a file ends.");
        _meter.CreateObservableGauge(
            "qwenmesh.tls.certificate.lifetime", () => Measure(certificate => certificate.NotAfter.ToUniversalTime() - certificate.NotBefore.ToUniversalTime()), "s", "Seconds from the begin to the end of the certificate of a file.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _meter.Dispose();

    // The certificate's times are local ones, of which two may be an hour nearer or farther than they seem.
    private IEnumerable<Measurement<double>> Measure(Func<X509Certificate2, TimeSpan> time) => certificates.Files.Select(each =>
        new Measurement<double>(time(each.Certificate).TotalSeconds, new KeyValuePair<string, object?>("file", each.File)));
}
