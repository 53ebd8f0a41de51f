using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using QwenMesh.ServiceDefaults.Tls;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>The TLS of a fake stage: that of a real one with the files of a folder, or a certificate that a real one would not start with.</summary>
internal sealed class FakeStageTls
{
    private readonly string? _folder;
    private readonly X509Certificate2? _certificate;

    public FakeStageTls(string folder) => _folder = folder;

    public FakeStageTls(X509Certificate2 certificate) => _certificate = certificate;

    public void AddTo(WebApplicationBuilder builder)
    {
        builder.WebHost.UseKestrelHttpsConfiguration();
        if (_folder is not null)
        {
            builder.Configuration.AddInMemoryCollection(TestAuthority.Settings(_folder));
            builder.Services.AddTls();
        }
    }

    public void UseOn(ListenOptions listen)
    {
        if (_certificate is null)
        {
            listen.UseMeshTls();
        }
        else
        {
            // By the callback, since Kestrel itself does not take every certificate.
            var context = SslStreamCertificateContext.Create(_certificate, additionalCertificates: null, offline: true);
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = context }),
            });
        }
    }
}
