using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace QwenMesh.ServiceDefaults.Tls;

/// <summary>Looks at the certificate files every few seconds.</summary>
internal sealed class TlsReload(TlsCertificates certificates, IOptions<TlsOptions> options, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!certificates.IsOn && !certificates.IsEdgeOn)
        {
            return;
        }
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.ReloadSeconds), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            certificates.Look();
        }
    }
}
