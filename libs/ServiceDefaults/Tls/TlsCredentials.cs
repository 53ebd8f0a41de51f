using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace QwenMesh.ServiceDefaults.Tls;

/// <summary>What a service shows and whom it believes, as its files were at one time. Connections keep those that they were made with.</summary>
/// <param name="Context">The certificate with its key and the certificates that are sent along.</param>
/// <param name="Authorities">CAs of the other side; empty where the other side shows no certificate.</param>
/// <param name="Digest">Of the files' content.</param>
internal sealed record TlsCredentials(SslStreamCertificateContext Context, X509Certificate2Collection Authorities, byte[] Digest)
{
    public X509Certificate2 Certificate => Context.TargetCertificate;
}
