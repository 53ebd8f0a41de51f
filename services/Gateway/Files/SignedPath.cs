using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace QwenMesh.Gateway.Files;

/// <summary>What may be done with a file, by whoever has the path.</summary>
internal enum FileAccessKind
{
    Read,
    Write,
}

/// <summary>
/// A path that proves itself: /files/{key}-{expires}-{mac}.{extension}. Expires is in Unix seconds, hexadecimal; mac is 18 bytes of HMAC-SHA256 over what may
/// be done and all of the rest, as 24 characters of base64url.
/// </summary>
/// <param name="Access">What may be done.</param>
/// <param name="Key">Of the file.</param>
/// <param name="Expires">Until when.</param>
/// <param name="Extension">Tells the media type (<see cref="FileTypes"/>).</param>
internal sealed record SignedPath(FileAccessKind Access, string Key, DateTimeOffset Expires, string Extension)
{
    public const string Root = "/files/";

    private const int MacBytes = 18;
    private const int MacCharacters = 24;
    private const int MostCharacters = 700;

    /// <param name="secret">32 bytes.</param>
    public string Sign(byte[] secret)
    {
        var signed = string.Create(CultureInfo.InvariantCulture, $"{Key}-{Expires.ToUnixTimeSeconds():x}");
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Mac(Access, signed, Extension, secret, mac);
        return $"{Root}{signed}-{Base64Url.EncodeToString(mac[..MacBytes])}.{Extension}";
    }

    /// <summary>Reads a path; null when it was not signed with the secret. It may have expired.</summary>
    public static SignedPath? Read(string path, FileAccessKind access, byte[] secret)
    {
        if (path.Length > MostCharacters || !path.StartsWith(Root, StringComparison.Ordinal))
        {
            return null;
        }
        var rest = path.AsSpan(Root.Length);
        var dot = rest.LastIndexOf('.');
        if (dot < MacCharacters + 1 || rest[dot - MacCharacters - 1] != '-')
        {
            return null;
        }
        var signed = rest[..(dot - MacCharacters - 1)];
        var characters = rest.Slice(dot - MacCharacters, MacCharacters);
        var extension = rest[(dot + 1)..];
        var dash = signed.LastIndexOf('-');
        Span<byte> given = stackalloc byte[MacBytes];
        if (dash < 1 || !BlobKey.IsValid(signed[..dash])
            || !uint.TryParse(signed[(dash + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var seconds)
            || Base64Url.DecodeFromChars(characters, given, out _, out var decoded) != OperationStatus.Done || decoded != MacBytes)
        {
            return null;
        }
        Span<byte> right = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Mac(access, signed, extension, secret, right);
        return CryptographicOperations.FixedTimeEquals(given, right[..MacBytes])
            ? new SignedPath(access, signed[..dash].ToString(), DateTimeOffset.FromUnixTimeSeconds(seconds), extension.ToString())
            : null;
    }

    private static void Mac(FileAccessKind access, ReadOnlySpan<char> signed, ReadOnlySpan<char> extension, byte[] secret, Span<byte> mac) =>
        HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{access}\n{signed}\n{extension}"), mac);
}
