namespace QwenMesh.Gateway.Dialects;

/// <summary>What all dialects share, in section <c>Gateway</c>. Checked once, before the ports open.</summary>
internal sealed class DialectOptions
{
    /// <summary>
    /// Bytes that all request bodies in the process may take together, unpacked and parsed; a further one is refused with 429. Default 256 MiB.
    /// </summary>
    public long MaxBodyMemoryBytes { get; set; } = 256L << 20;

    /// <summary>Values, names and brackets in one JSON body; more is refused with 413. Each costs 12 bytes of memory. Default 65,536.</summary>
    public int MaxJsonTokens { get; set; } = 1 << 16;

    /// <summary>Parts of one multipart body; more is refused with 413. Default 128.</summary>
    public int MaxFormParts { get; set; } = 128;

    /// <summary>Seconds that a client has to send a body; then 408. Default 120.</summary>
    public double BodyTimeoutSeconds { get; set; } = 120;

    /// <summary>Which pages of other sites may call the Gateway.</summary>
    public CorsOptions Cors { get; set; } = new();

    internal IEnumerable<string> Validate()
    {
        if (MaxBodyMemoryBytes is < 1 << 20 or > 1L << 40)
        {
            yield return $"{GatewayOptions.Section}:{nameof(MaxBodyMemoryBytes)} is {MaxBodyMemoryBytes}; {1 << 20} to {1L << 40} are allowed";
        }
        if (MaxJsonTokens is < 64 or > 10_000_000)
        {
            yield return $"{GatewayOptions.Section}:{nameof(MaxJsonTokens)} is {MaxJsonTokens}; 64 to 10000000 are allowed";
        }
        if (MaxFormParts is < 1 or > 10_000)
        {
            yield return $"{GatewayOptions.Section}:{nameof(MaxFormParts)} is {MaxFormParts}; 1 to 10000 are allowed";
        }
        if (!(BodyTimeoutSeconds is >= 0.05 and <= 3600))
        {
            yield return FormattableString.Invariant(
                $"{GatewayOptions.Section}:{nameof(BodyTimeoutSeconds)} is {BodyTimeoutSeconds}; 0.05 to 3600 are allowed");
        }
        foreach (var fault in Cors.Validate())
        {
            yield return fault;
        }
    }
}

/// <summary>Cross-origin requests. Off while no origin is named.</summary>
internal sealed class CorsOptions
{
    /// <summary>Origins, e.g. "https://studio.example.com"; "*" allows all. Default none.</summary>
    public IList<string> Origins { get; set; } = [];

    internal IEnumerable<string> Validate() =>
        from origin in Origins
        where origin != "*" && !IsOrigin(origin)
        select $"{GatewayOptions.Section}:Cors:Origins '{origin}' is not of the form https://host or https://host:port";

    private static bool IsOrigin(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps) && uri.GetLeftPart(UriPartial.Authority) == text;
}
