using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace QwenMesh.ServiceDefaults.Tls;

/// <summary>The files of one pair of certificate and key, and of the CAs beside it. No message has anything of their content.</summary>
internal sealed class TlsFiles
{
    private const int MostBytes = 1 << 20;

    private readonly string _section;
    private readonly string _certificate;
    private readonly string _key;
    private readonly string? _authorities;

    private TlsFiles(string section, string certificate, string key, string? authorities) =>
        (_section, _certificate, _key, _authorities) = (section, certificate, key, authorities);

    /// <summary>Between the services; null when they are not set.</summary>
    public static TlsFiles? OfMesh(TlsOptions options) =>
        options.IsOn ? new TlsFiles(TlsOptions.Section, options.CertificateFile, options.KeyFile, options.CaFile) : null;

    /// <summary>Towards clients; null when they are not set.</summary>
    public static TlsFiles? OfEdge(TlsOptions options) => options.Edge.CertificateFile.Length > 0
        ? new TlsFiles($"{TlsOptions.Section}:{nameof(TlsOptions.Edge)}", options.Edge.CertificateFile, options.Edge.KeyFile, authorities: null)
        : null;

    /// <summary>New credentials, or the previous ones while no file has changed, or what is wrong.</summary>
    public (TlsCredentials? Credentials, string? Fault) Read(TlsCredentials? previous)
    {
        // All are read before any is parsed: a mounted secret may change between two of them, and then the pair does not fit.
        var file = _certificate;
        try
        {
            var certificate = ReadText(file);
            var key = ReadText(file = _key);
            var authorities = _authorities is null ? "" : ReadText(file = _authorities);
            var digest = SHA256.HashData(Encoding.UTF8.GetBytes($"{certificate}\0{key}\0{authorities}"));
            if (previous is not null && digest.AsSpan().SequenceEqual(previous.Digest))
            {
                return (previous, null);
            }
            return Parse(certificate, key, authorities, digest);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return (null, $"{Key(file)} '{file}' cannot be read: {exception.Message}");
        }
    }

    private (TlsCredentials? Credentials, string? Fault) Parse(string certificate, string key, string authorities, byte[] digest)
    {
        X509Certificate2 own;
        var along = new X509Certificate2Collection();
        try
        {
            own = X509Certificate2.CreateFromPem(certificate, key);
            along.ImportFromPem(certificate);
            along.RemoveAt(0);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            return (null, $"{Key(_certificate)} '{_certificate}' and {Key(_key)} '{_key}' are no certificate with its key in PEM: {exception.Message}");
        }
        var now = DateTime.UtcNow; // The certificate's times are local ones, which occur twice when the clocks are put back.
        if (now < own.NotBefore.ToUniversalTime() || now > own.NotAfter.ToUniversalTime())
        {
            return (null, $"{Key(_certificate)} '{_certificate}' is valid from {Utc(own.NotBefore)} to {Utc(own.NotAfter)}, and not now");
        }
        var trusted = new X509Certificate2Collection();
        try
        {
            trusted.ImportFromPem(authorities);
        }
        catch (CryptographicException exception)
        {
            return (null, $"{Key(_authorities!)} '{_authorities}' is not in PEM: {exception.Message}");
        }
        if (_authorities is not null && trusted.Count == 0)
        {
            return (null, $"{Key(_authorities)} '{_authorities}' has no certificate");
        }
        try
        {
            return (new TlsCredentials(SslStreamCertificateContext.Create(own, along, offline: true), trusted, digest), null);
        }
        catch (Exception exception) when (exception is CryptographicException or NotSupportedException)
        {
            // E.g. an EC key whose certificate allows key agreement alone.
            return (null, $"{Key(_certificate)} '{_certificate}' cannot be shown: its key has to be of RSA or EC and for signatures ({exception.Message})");
        }
    }

    public static string Utc(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private string Key(string file) => file == _certificate ? $"{_section}:{nameof(TlsOptions.CertificateFile)}"
        : file == _key ? $"{_section}:{nameof(TlsOptions.KeyFile)}" : $"{_section}:{nameof(TlsOptions.CaFile)}";

    private static string ReadText(string path)
    {
        using var file = File.OpenRead(path);
        if (file.Length > MostBytes)
        {
            throw new IOException($"it has {file.Length} bytes; {MostBytes} are allowed");
        }
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }
}
