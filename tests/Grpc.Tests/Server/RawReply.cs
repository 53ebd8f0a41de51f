using System.Globalization;
using System.Net;
using Grpc.Core;

namespace QwenMesh.Grpc.Tests.Server;

/// <summary>An answer as it came over the wire.</summary>
internal sealed class RawReply(HttpResponseMessage response, byte[] body)
{
    private readonly Dictionary<string, string[]> _headers = Collect(response.Headers.Concat(response.Content.Headers));
    private readonly Dictionary<string, string[]> _trailers = Collect(response.TrailingHeaders);

    public HttpStatusCode Http { get; } = response.StatusCode;

    public byte[] Body => body;

    /// <summary>True when the status came in the headers, with nothing after them.</summary>
    public bool IsTrailersOnly => _headers.ContainsKey("grpc-status");

    /// <summary>The status, or null when there is none.</summary>
    public StatusCode? Status => (Trailer("grpc-status") ?? Header("grpc-status")) is { } text
        ? (StatusCode)int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)
        : null;

    /// <summary>The percent-encoded detail, as it was sent.</summary>
    public string? Detail => Trailer("grpc-message") ?? Header("grpc-message");

    public IReadOnlyList<(bool Compressed, byte[] Payload)> Messages => Frames.Split(body);

    public string? Header(string name) => _headers.TryGetValue(name, out var values) ? Assert.Single(values) : null;

    public string? Trailer(string name) => _trailers.TryGetValue(name, out var values) ? Assert.Single(values) : null;

    /// <summary>The only message of a successful call.</summary>
    public ProbeMessage Single()
    {
        Assert.Equal(StatusCode.OK, Status);
        var (compressed, payload) = Assert.Single(Messages);
        Assert.False(compressed);
        return ProbeMessage.Parser.ParseFrom(payload);
    }

    public void ShouldFail(StatusCode code, string? detailPart = null)
    {
        Assert.Equal(HttpStatusCode.OK, Http);
        Assert.Equal(code, Status);
        if (detailPart is not null)
        {
            Assert.Contains(detailPart, Uri.UnescapeDataString(Detail ?? ""), StringComparison.OrdinalIgnoreCase);
        }
    }

    private static Dictionary<string, string[]> Collect(IEnumerable<KeyValuePair<string, IEnumerable<string>>> headers) =>
        headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToArray());
}
