using System.Globalization;
using Microsoft.Extensions.Configuration;
using OpenTelemetry.Exporter;

namespace QwenMesh.ServiceDefaults;

/// <summary>
/// Where one signal goes over OTLP: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT and the like count before OTEL_EXPORTER_OTLP_ENDPOINT, which concerns every signal.
/// The exporters read the general variables by themselves, those of one signal only where all signals are exported.
/// (opentelemetry-specification, protocol/exporter.md)
/// </summary>
internal sealed class OtlpSignal
{
    private const string Prefix = "OTEL_EXPORTER_OTLP_";

    private readonly IConfiguration _configuration;
    private readonly string _own;
    private readonly Uri? _endpoint;

    /// <param name="name">TRACES, METRICS or LOGS.</param>
    /// <param name="configuration">Environment and settings of the service.</param>
    /// <exception cref="InvalidOperationException">An endpoint is no address.</exception>
    public OtlpSignal(string name, IConfiguration configuration)
    {
        _configuration = configuration;
        _own = $"{Prefix}{name}_";
        _endpoint = Address($"{_own}ENDPOINT");
        IsExported = _endpoint is not null || Address($"{Prefix}ENDPOINT") is not null;
    }

    public bool IsExported { get; }

    /// <summary>Takes what is set for this signal alone. An endpoint of its own is taken as it is; to the general one the exporter adds /v1/traces and the like.</summary>
    public void Configure(OtlpExporterOptions options)
    {
        if (_endpoint is not null)
        {
            options.Endpoint = _endpoint;
        }
        options.Headers = Own("HEADERS") ?? options.Headers;
        options.Protocol = Own("PROTOCOL") switch
        {
            "grpc" => OtlpExportProtocol.Grpc,
            "http/protobuf" => OtlpExportProtocol.HttpProtobuf,
            _ => options.Protocol,
        };
        options.Compression = Own("COMPRESSION") switch
        {
            "gzip" => OtlpExportCompression.GZip,
            "none" => OtlpExportCompression.None,
            _ => options.Compression,
        };
        options.TimeoutMilliseconds = int.TryParse(Own("TIMEOUT"), CultureInfo.InvariantCulture, out var milliseconds) && milliseconds > 0 ? milliseconds : options.TimeoutMilliseconds;
    }

    private string? Own(string setting) => _configuration[_own + setting] is { Length: > 0 } value ? value.Trim() : null;

    private Uri? Address(string key)
    {
        if (string.IsNullOrWhiteSpace(_configuration[key]))
        {
            return null;
        }
        return Uri.TryCreate(_configuration[key], UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new InvalidOperationException($"{key} is no address that begins with http:// or https://");
    }
}
