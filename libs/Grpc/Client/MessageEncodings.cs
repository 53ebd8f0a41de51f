using System.IO.Compression;
using Grpc.Net.Compression;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>The message encodings that a channel knows.</summary>
internal sealed class MessageEncodings
{
    public static readonly IEnumerable<ICompressionProvider> DefaultProviders =
        [new GzipCompressionProvider(CompressionLevel.Fastest), new DeflateCompressionProvider(CompressionLevel.Fastest)];

    private readonly Dictionary<string, ICompressionProvider> _providers;

    public MessageEncodings(IEnumerable<ICompressionProvider> providers)
    {
        _providers = providers.ToDictionary(provider => provider.EncodingName, StringComparer.OrdinalIgnoreCase);

        // Without blanks: grpc-js splits such lists at the comma and does not trim.
        AcceptHeader = string.Join(',', [WireHeaders.Identity, .. _providers.Keys]);
    }

    /// <summary>The channel's <c>grpc-accept-encoding</c>.</summary>
    public string AcceptHeader { get; }

    /// <summary>The provider of an encoding; null for identity, none and names that are not known.</summary>
    public ICompressionProvider? Find(string? encoding) => encoding is null ? null : _providers.GetValueOrDefault(encoding);
}
