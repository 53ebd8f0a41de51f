using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace QwenMesh.Gateway.Access;

/// <summary>The keys that are known now.</summary>
internal sealed class KeyRing
{
    private volatile Entry[] _entries;

    public KeyRing(IOptions<AccessOptions> options)
    {
        _entries = Entries(options.Value.KeyFile.Length > 0 ? KeyFile.Read(options.Value).Keys ?? [] : [.. options.Value.Keys]);
    }

    public int Count => _entries.Length;

    public void Replace(IReadOnlyList<KeyOptions> keys) => _entries = Entries(keys);

    /// <summary>The key that a caller sent; null when it is not known. Takes as long for each: all hashes are compared, each to its end.</summary>
    public ApiKey? Find(string sent)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(sent));
        ApiKey? found = null;
        foreach (var entry in _entries)
        {
            found = CryptographicOperations.FixedTimeEquals(entry.Hash, hash) ? entry.Key : found;
        }
        return found;
    }

    private static Entry[] Entries(IReadOnlyList<KeyOptions> keys) => [.. keys.Select(key => new Entry(Convert.FromHexString(key.Sha256), ApiKey.Of(key)))];

    private sealed record Entry(byte[] Hash, ApiKey Key);
}
