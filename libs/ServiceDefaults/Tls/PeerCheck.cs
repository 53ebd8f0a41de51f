using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace QwenMesh.ServiceDefaults.Tls;

/// <summary>Whether the other side's certificate is one of the mesh: of its CA, in its time, for its side of the connection.</summary>
internal static class PeerCheck
{
    // RFC 5280, 4.2.1.12
    public const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    public const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    /// <summary>What every check of a chain has: CAs of ours alone, and nothing fetched from addresses that a certificate names.</summary>
    public static X509ChainPolicy Policy(X509Certificate2Collection authorities, string usage)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        policy.ApplicationPolicy.Add(new Oid(usage));
        return policy;
    }

    /// <summary>What is wrong with a certificate; null when nothing is.</summary>
    /// <param name="certificate">As the other side has shown it; null when it has shown none.</param>
    /// <param name="sent">Chain with what it sent along.</param>
    /// <param name="authorities">CAs that count.</param>
    /// <param name="usage">What the certificate has to be for.</param>
    public static string? Fault(X509Certificate? certificate, X509Chain? sent, X509Certificate2Collection authorities, string usage)
    {
        if (certificate is not X509Certificate2 shown)
        {
            return "it has shown no certificate";
        }
        using var chain = new X509Chain { ChainPolicy = Policy(authorities, usage) };
        if (sent is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        }
        return chain.Build(shown) ? null : Reason(shown, chain, usage);
    }

    private static string Reason(X509Certificate2 certificate, X509Chain chain, string usage)
    {
        var status = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
        if ((status & (X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.NotSignatureValid)) != X509ChainStatusFlags.NoError)
        {
            return $"its certificate is of another CA than those of {TlsOptions.Section}:{nameof(TlsOptions.CaFile)} (issuer '{certificate.Issuer}')";
        }
        if ((status & X509ChainStatusFlags.NotTimeValid) != X509ChainStatusFlags.NoError)
        {
            return DateTime.Now > certificate.NotAfter || DateTime.Now < certificate.NotBefore
                ? $"its certificate is valid from {TlsFiles.Utc(certificate.NotBefore)} to {TlsFiles.Utc(certificate.NotAfter)}, and not now"
                : "a certificate of its chain is not valid now";
        }
        if ((status & X509ChainStatusFlags.NotValidForUsage) != X509ChainStatusFlags.NoError)
        {
            return $"its certificate is not one of a {(usage == ServerUsage ? "server" : "client")} (extended key usage)";
        }
        return $"its certificate is at fault: {status}";
    }
}
