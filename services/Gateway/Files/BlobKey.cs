using System.Buffers;

namespace QwenMesh.Gateway.Files;

/// <summary>What a key may look like: what a folder, a bucket and an address all take as it is.</summary>
internal static class BlobKey
{
    private const int MostCharacters = 512;
    private const int MostInSegment = 128;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    public static bool IsValid(ReadOnlySpan<char> key)
    {
        if (key.Length is 0 or > MostCharacters)
        {
            return false;
        }
        foreach (var range in key.Split('/'))
        {
            var segment = key[range];
            if (segment.Length is 0 or > MostInSegment || segment is "." or ".." || segment.ContainsAnyExcept(Allowed))
            {
                return false;
            }
        }
        return true;
    }

    /// <exception cref="ArgumentException">No key.</exception>
    public static void Check(string key)
    {
        if (!IsValid(key))
        {
            throw new ArgumentException("a key is segments of letters, digits, '-', '_' and '.', with slashes between them", nameof(key));
        }
    }
}
