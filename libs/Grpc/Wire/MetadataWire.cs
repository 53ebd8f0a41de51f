using System.Buffers;
using Grpc.Core;

namespace Grpc.Wire;

/// <summary>Metadata to and from HTTP headers. Values of keys ending in <c>-bin</c> are base64, several of them possibly joined by commas.</summary>
internal static class MetadataWire
{
    private static readonly HashSet<string> ProtocolHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        WireHeaders.ContentType, WireHeaders.Te, WireHeaders.Timeout, WireHeaders.Encoding, WireHeaders.AcceptEncoding,
        WireHeaders.Status, WireHeaders.Message, "host", "accept-encoding", "content-length", "transfer-encoding", "connection",
        Metadata.CompressionRequestAlgorithmMetadataKey,
    };

    private static readonly SearchValues<char> Text = SearchValues.Create(
        "\t !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>True for headers that belong to HTTP or gRPC itself and are never metadata of a caller.</summary>
    public static bool IsProtocolHeader(string name) => name.Length == 0 || name[0] == ':' || ProtocolHeaders.Contains(name);

    public static bool IsBinary(string name) => name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase);

    /// <summary>Adds one received header line; false when a binary value is not base64 (nothing is kept of that line's rest).</summary>
    public static bool TryAdd(Metadata metadata, string name, string value)
    {
        var key = name.ToLowerInvariant();
        if (!IsBinary(key))
        {
            metadata.Add(Metadata.Entry.CreateTrusted(key, value));
            return true;
        }

        foreach (var part in value.AsSpan().Split(','))
        {
            if (!TryDecodeBinary(value.AsSpan(part), out var bytes))
            {
                return false;
            }

            metadata.Add(Metadata.Entry.CreateTrusted(key, bytes));
        }

        return true;
    }

    /// <summary>The header value of an entry; false when its text holds characters that a header cannot carry.</summary>
    public static bool TryEncode(Metadata.Entry entry, out string value)
    {
        if (entry.IsBinary)
        {
            // The specification asks senders to leave the padding out.
            value = Convert.ToBase64String(entry.ValueSpan).TrimEnd('=');
            return true;
        }

        value = entry.Value;
        return !value.AsSpan().ContainsAnyExcept(Text);
    }

    /// <summary>Base64 with or without padding.</summary>
    public static bool TryDecodeBinary(ReadOnlySpan<char> value, out byte[] bytes)
    {
        bytes = [];
        value = value.Trim(" \t").TrimEnd('=');
        if (value.IsEmpty)
        {
            return true;
        }

        if (value.Length % 4 == 1 || value.ContainsAny(" \t\r\n"))
        {
            return false;
        }

        var padded = ArrayPool<char>.Shared.Rent(value.Length + 3);
        try
        {
            value.CopyTo(padded);
            var length = value.Length;
            while (length % 4 != 0)
            {
                padded[length++] = '=';
            }

            var decoded = new byte[value.Length * 3L / 4];
            if (!Convert.TryFromBase64Chars(padded.AsSpan(0, length), decoded, out var written) || written != decoded.Length)
            {
                return false;
            }

            bytes = decoded;
            return true;
        }
        finally
        {
            ArrayPool<char>.Shared.Return(padded);
        }
    }
}
