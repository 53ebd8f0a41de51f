using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace QwenMesh.ServiceDefaults.Tls;

/// <summary>Listeners and connections with the service's certificates. Every handshake takes those of its time.</summary>
public static class MeshTls
{
    private const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Adds section Tls and <see cref="TlsCertificates"/>.</summary>
    public static IServiceCollection AddTls(this IServiceCollection services)
    {
        services.AddValidatedOptions<TlsOptions>(TlsOptions.Section, options => options.Validate());
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddSingleton<TlsCertificates>();
        return services.AddHostedService<TlsReload>().AddHostedService<TlsInstrumentation>();
    }

    /// <summary>A stage's port: with TLS when it is set up, and then only for callers with a certificate of the mesh that has a caller's name.</summary>
    public static void UseMeshTls(this ListenOptions listen)
    {
        var certificates = listen.ApplicationServices.GetRequiredService<TlsCertificates>();
        if (certificates.IsOn)
        {
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = HandshakeTimeout,
                OnConnection = context => ValueTask.FromResult(ForCallers(certificates, $"{context.Connection.RemoteEndPoint}")),
            });
        }
    }

    /// <summary>A port of the Gateway: with TLS when a certificate for clients is set up.</summary>
    public static void UseEdgeTls(this ListenOptions listen)
    {
        var certificates = listen.ApplicationServices.GetRequiredService<TlsCertificates>();
        if (certificates.IsEdgeOn)
        {
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = HandshakeTimeout,
                OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
                {
                    EnabledSslProtocols = Protocols,
                    ServerCertificateContext = certificates.Edge.Context,
                }),
            });
        }
    }

    /// <summary>For connections to stages: shows the service's certificate, and takes only one of the mesh that is of the name called.</summary>
    public static SslClientAuthenticationOptions ForStages(TlsCertificates certificates) => new()
    {
        EnabledSslProtocols = Protocols,
        AllowRenegotiation = false,
        // A resumed session would go on with certificates that have been replaced.
        AllowTlsResume = false,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        // Decides nothing: the callback below does, by the CAs of its time.
        CertificateChainPolicy = PeerCheck.Policy([], PeerCheck.ServerUsage),
        LocalCertificateSelectionCallback = (_, _, _, _, _) => certificates.Mesh.Certificate,
        RemoteCertificateValidationCallback = (stream, certificate, chain, errors) =>
        {
            var name = (stream as SslStream)?.TargetHostName ?? "";
            var fault = PeerCheck.Fault(certificate, chain, certificates.Mesh.Authorities, PeerCheck.ServerUsage)
                ?? (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? $"its certificate is not for the name '{name}'" : null);
            return Accept(certificates, name, fault);
        },
    };

    private static SslServerAuthenticationOptions ForCallers(TlsCertificates certificates, string caller)
    {
        var now = certificates.Mesh;
        return new SslServerAuthenticationOptions
        {
            EnabledSslProtocols = Protocols,
            AllowRenegotiation = false,
            AllowTlsResume = false,
            ServerCertificateContext = now.Context,
            ClientCertificateRequired = true,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = PeerCheck.Policy(now.Authorities, PeerCheck.ClientUsage),
            RemoteCertificateValidationCallback = (_, certificate, chain, _) => Accept(
                certificates, caller, PeerCheck.Fault(certificate, chain, now.Authorities, PeerCheck.ClientUsage) ?? NoCaller(certificates, (X509Certificate2)certificate!)),
        };
    }

    private static string? NoCaller(TlsCertificates certificates, X509Certificate2 certificate)
    {
        var names = CertificateNames.Of(certificate);
        return names.Any(certificates.Callers.Contains)
            ? null
            : $"its certificate has the names '{string.Join("', '", names)}', and '{string.Join("', '", certificates.Callers)}' may call";
    }

    private static bool Accept(TlsCertificates certificates, string peer, string? fault)
    {
        if (fault is not null)
        {
            certificates.Refusals.Refused(peer, fault);
        }
        return fault is null;
    }
}
