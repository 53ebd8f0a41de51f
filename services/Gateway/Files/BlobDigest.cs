using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace QwenMesh.Gateway.Files;

/// <summary>What tells that a file in a bucket has the bytes that it was written with.</summary>
internal static class BlobDigest
{
    /// <summary>Of the file's own metadata (x-amz-meta-sha256).</summary>
    public const string Metadata = "sha256";

    public static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Of the header Content-MD5, by which every S3 service checks what it takes.</summary>
    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "a checksum of the protocol against damage, not against forgery")]
    public static string Md5(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(MD5.HashData(bytes));
}
