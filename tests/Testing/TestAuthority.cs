using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace QwenMesh.Testing;

/// <summary>A certificate authority of a test, in memory.</summary>
public sealed class TestAuthority : IDisposable
{
    /// <summary>Extended key usages (RFC 5280, 4.2.1.12).</summary>
    public const string Server = "1.3.6.1.5.5.7.3.1";
    public const string Client = "1.3.6.1.5.5.7.3.2";

    private static int _serial;

    private readonly X509Certificate2 _root;

    /// <summary>All have the same name, as an authority and its successor have.</summary>
    public TestAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-30), DateTimeOffset.UtcNow.AddDays(30));
    }

    public string Pem => _root.ExportCertificatePem();

    /// <summary>What a client that believes this authority alone checks by.</summary>
    public X509ChainPolicy Policy
    {
        get
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.Add(_root);
            return policy;
        }
    }

    /// <param name="usage"><see cref="Server"/> or <see cref="Client"/>.</param>
    /// <param name="name">A DNS name, an IP address or a URI.</param>
    /// <param name="days">From now until it ends; it begins ten days before.</param>
    public X509Certificate2 Issue(string usage, string name, double days = 1)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out var address))
        {
            names.AddIpAddress(address);
        }
        else if (name.Contains("://", StringComparison.Ordinal))
        {
            names.AddUri(new Uri(name));
        }
        else
        {
            names.AddDnsName(name);
        }
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        var end = DateTimeOffset.UtcNow.AddDays(days);
        using var certificate = request.Create(_root, end.AddDays(-10 - days), end, BitConverter.GetBytes(Interlocked.Increment(ref _serial)));
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>Writes tls.crt, tls.key and ca.crt into a folder, or replaces them.</summary>
    public void Write(string folder, string usage, string name, double days = 1)
    {
        using var certificate = Issue(usage, name, days);
        using var key = certificate.GetECDsaPrivateKey()!;
        Directory.CreateDirectory(folder);
        WholeFile.Write(Path.Combine(folder, "tls.crt"), certificate.ExportCertificatePem());
        WholeFile.Write(Path.Combine(folder, "tls.key"), key.ExportPkcs8PrivateKeyPem());
        WholeFile.Write(Path.Combine(folder, "ca.crt"), Pem);
    }

    /// <summary>Settings that name a folder's files.</summary>
    public static IReadOnlyDictionary<string, string?> Settings(string folder) => new Dictionary<string, string?>
    {
        ["Tls:CertificateFile"] = Path.Combine(folder, "tls.crt"),
        ["Tls:KeyFile"] = Path.Combine(folder, "tls.key"),
        ["Tls:CaFile"] = Path.Combine(folder, "ca.crt"),
        ["Tls:ReloadSeconds"] = "0.05",
    };

    public void Dispose() => _root.Dispose();
}
