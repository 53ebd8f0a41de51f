using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace QwenMesh.ServiceDefaults.Tls;

/// <summary>
/// The certificates of a service as they are now. They are read by content, not watched: a mounted secret changes by a link to another folder, of which
/// the file system tells nothing. Files that are at fault change nothing.
/// </summary>
public sealed partial class TlsCertificates
{
    private readonly ILogger _logger;
    private readonly Kind? _mesh;
    private readonly Kind? _edge;

    /// <exception cref="OptionsValidationException">A setting or a file is at fault.</exception>
    public TlsCertificates(IOptions<TlsOptions> options, TimeProvider time, ILogger<TlsCertificates> logger)
    {
        (_logger, Callers, Refusals) = (logger, options.Value.Callers, new RefusalLog(logger, time));
        (_mesh, _edge) = (Read(TlsFiles.OfMesh(options.Value), "this service"), Read(TlsFiles.OfEdge(options.Value), "clients"));
    }

    /// <summary>Whether services talk to each other over TLS.</summary>
    public bool IsOn => _mesh is not null;

    /// <summary>Whether the Gateway's clients come over TLS.</summary>
    public bool IsEdgeOn => _edge is not null;

    internal TlsCredentials Mesh => _mesh?.Current ?? throw new InvalidOperationException("there is no certificate of this service");

    internal TlsCredentials Edge => _edge?.Current ?? throw new InvalidOperationException("there is no certificate for clients");

    internal IReadOnlyList<string> Callers { get; }

    internal RefusalLog Refusals { get; }

    /// <summary>Every file's certificate as it is now; of several CAs the one that ends first.</summary>
    internal IEnumerable<(string File, X509Certificate2 Certificate)> Files
    {
        get
        {
            if (_mesh?.Current is { } mesh)
            {
                yield return ("certificate", mesh.Certificate);
                yield return ("ca", mesh.Authorities.MinBy(authority => authority.NotAfter)!);
            }
            if (_edge?.Current is { } edge)
            {
                yield return ("edge", edge.Certificate);
            }
        }
    }

    /// <summary>Reads the files again; new connections use what they have now.</summary>
    internal void Look()
    {
        foreach (var kind in new[] { _mesh, _edge }.OfType<Kind>())
        {
            var (credentials, fault) = kind.Files.Read(kind.Current);
            if (credentials is null)
            {
                // Once, not at every look.
                if (kind.Fault != fault)
                {
                    kind.Fault = fault;
                    LogFault(_logger, kind.Name, fault!);
                }
            }
            else if (credentials != kind.Current)
            {
                (kind.Current, kind.Fault) = (credentials, null);
                LogTaken(_logger, kind.Name, TlsFiles.Utc(credentials.Certificate.NotAfter));
            }
            else
            {
                kind.Fault = null;
            }
        }
    }

    private Kind? Read(TlsFiles? files, string name)
    {
        if (files is null)
        {
            return null;
        }
        var (credentials, fault) = files.Read(previous: null);
        if (credentials is null)
        {
            throw new OptionsValidationException(TlsOptions.Section, typeof(TlsOptions), [fault!]);
        }
        LogTaken(_logger, name, TlsFiles.Utc(credentials.Certificate.NotAfter));
        return new Kind(files, name, credentials);
    }

    [LoggerMessage(502, LogLevel.Information, "The certificate for {Kind} is valid until {End}")]
    private static partial void LogTaken(ILogger logger, string kind, string end);

    [LoggerMessage(503, LogLevel.Error, "Changed certificate files for {Kind} are not taken, the certificate before them stays: {Reason}")]
    private static partial void LogFault(ILogger logger, string kind, string reason);

    private sealed class Kind(TlsFiles files, string name, TlsCredentials current)
    {
        private volatile TlsCredentials _current = current;

        public TlsFiles Files { get; } = files;

        public string Name { get; } = name;

        public TlsCredentials Current
        {
            get => _current;
            set => _current = value;
        }

        public string? Fault { get; set; }
    }
}
