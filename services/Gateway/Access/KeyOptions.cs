using System.Text.RegularExpressions;

namespace QwenMesh.Gateway.Access;

/// <summary>
/// One API key: who it is for, and what it allows. Of the key itself only a hash is kept, and a fast one: keys are 256 random bits, which nobody finds
/// by trying; slow hashes protect words that people choose.
/// </summary>
internal sealed partial class KeyOptions : CallerOptions
{
    /// <summary>Names the caller in logs and owns what they make: 1 to 64 letters, digits, '.', '_' and '-'. Two keys never have the same.</summary>
    public string Id { get; set; } = "";

    /// <summary>SHA-256 of the key's UTF-8, as 64 hexadecimal digits.</summary>
    public string Sha256 { get; set; } = "";

    /// <summary>The key is known and refused. Default false.</summary>
    public bool Disabled { get; set; }

    internal new IEnumerable<string> Validate(string at)
    {
        if (!Ids().IsMatch(Id))
        {
            yield return $"{at}:{nameof(Id)} is not of 1 to 64 letters, digits, '.', '_' and '-'";
        }
        if (!Hashes().IsMatch(Sha256))
        {
            yield return $"{at}:{nameof(Sha256)} is not of 64 hexadecimal digits";
        }
        foreach (var fault in base.Validate(at))
        {
            yield return fault;
        }
    }

    /// <summary>What is wrong with the keys, each and together.</summary>
    internal static IEnumerable<string> Validate(IReadOnlyCollection<KeyOptions> keys, string at)
    {
        foreach (var fault in keys.SelectMany((key, i) => key.Validate($"{at}:{i}")))
        {
            yield return fault;
        }
        foreach (var same in keys.GroupBy(key => key.Id, StringComparer.Ordinal).Where(same => same.Count() > 1))
        {
            yield return $"{at}: {same.Count()} keys have the id '{same.Key}'";
        }
        foreach (var same in keys.GroupBy(key => key.Sha256, StringComparer.OrdinalIgnoreCase).Where(same => same.Count() > 1))
        {
            yield return $"{at}: {string.Join(" and ", same.Select(key => $"'{key.Id}'"))} have the same hash";
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,64}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Ids();

    [GeneratedRegex(@"^[0-9A-Fa-f]{64}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Hashes();
}
