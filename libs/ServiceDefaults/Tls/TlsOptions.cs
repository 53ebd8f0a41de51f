using Microsoft.Extensions.Configuration;

namespace QwenMesh.ServiceDefaults.Tls;

/// <summary>Section <c>Tls</c>, the same for every service. Files are PEM and are read again when they change. Without them there is no TLS.</summary>
public sealed class TlsOptions
{
    public const string Section = "Tls";

    /// <summary>The service's certificate: what a stage shows the Gateway, and the Gateway a stage. Intermediate certificates may follow it.</summary>
    public string CertificateFile { get; set; } = "";

    /// <summary>Its private key, not encrypted.</summary>
    public string KeyFile { get; set; } = "";

    /// <summary>Certificates of the CAs whose certificates the other side may have; no other CA counts.</summary>
    public string CaFile { get; set; } = "";

    /// <summary>Who may call a stage: one of these has to be a DNS name or a URI in the caller's certificate. Default "gateway".</summary>
    public IList<string> CallerNames { get; set; } = [];

    /// <summary>Seconds between two looks at the files. Default 5.</summary>
    public double ReloadSeconds { get; set; } = 5;

    /// <summary>What the Gateway shows its clients.</summary>
    public TlsEdgeOptions Edge { get; set; } = new();

    /// <summary>Whether services talk to each other over TLS.</summary>
    internal bool IsOn => CertificateFile.Length > 0;

    internal IReadOnlyList<string> Callers => CallerNames.Count > 0 ? [.. CallerNames] : ["gateway"];

    /// <summary>The section of a service that is being set up.</summary>
    public static TlsOptions Of(IConfiguration configuration)
    {
        var options = new TlsOptions();
        configuration.GetSection(Section).Bind(options);
        return options;
    }

    /// <summary>Every fault, those of the files included.</summary>
    public IEnumerable<string> Validate()
    {
        string[] halves =
        [
            .. Halves(Section, (nameof(CertificateFile), CertificateFile), (nameof(KeyFile), KeyFile), (nameof(CaFile), CaFile)),
            .. Halves($"{Section}:{nameof(Edge)}", (nameof(TlsEdgeOptions.CertificateFile), Edge.CertificateFile), (nameof(TlsEdgeOptions.KeyFile), Edge.KeyFile)),
        ];
        foreach (var fault in halves)
        {
            yield return fault;
        }
        if (CallerNames.Any(string.IsNullOrWhiteSpace))
        {
            yield return $"{Section}:{nameof(CallerNames)} has an empty name";
        }
        if (CallerNames.Count > 0 && !IsOn)
        {
            yield return $"{Section}:{nameof(CallerNames)} is set, and nobody is asked for a certificate without {Section}:{nameof(CertificateFile)}";
        }
        if (!(ReloadSeconds is >= 0.05 and <= 86_400))
        {
            yield return FormattableString.Invariant($"{Section}:{nameof(ReloadSeconds)} is {ReloadSeconds}; 0.05 to 86400 are allowed");
        }
        if (halves.Length > 0)
        {
            yield break;
        }
        foreach (var files in new[] { TlsFiles.OfMesh(this), TlsFiles.OfEdge(this) }.OfType<TlsFiles>())
        {
            if (files.Read(previous: null).Fault is { } fault)
            {
                yield return fault;
            }
        }
    }

    private static IEnumerable<string> Halves(string section, params (string Key, string Value)[] files)
    {
        var given = files.FirstOrDefault(file => file.Value.Length > 0).Key;
        return given is null ? [] : files.Where(file => file.Value.Length == 0).Select(file => $"{section}:{file.Key} is empty, and {section}:{given} is not; they belong together");
    }
}

/// <summary>Section <c>Tls:Edge</c>: certificate and key of both of the Gateway's ports. Its clients need none of their own, but their API keys.</summary>
public sealed class TlsEdgeOptions
{
    public string CertificateFile { get; set; } = "";

    public string KeyFile { get; set; } = "";
}
