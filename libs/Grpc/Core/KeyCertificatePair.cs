namespace Grpc.Core;

/// <summary>A PEM certificate chain and its private key.</summary>
public sealed class KeyCertificatePair
{
    /// <summary>A chain and its key.</summary>
    public KeyCertificatePair(string certificateChain, string privateKey)
    {
        ArgumentNullException.ThrowIfNull(certificateChain);
        ArgumentNullException.ThrowIfNull(privateKey);
        CertificateChain = certificateChain;
        PrivateKey = privateKey;
    }

    /// <summary>PEM certificates.</summary>
    public string CertificateChain { get; }

    /// <summary>PEM private key.</summary>
    public string PrivateKey { get; }
}
