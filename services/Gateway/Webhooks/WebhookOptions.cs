using System.Net;

namespace QwenMesh.Gateway.Webhooks;

/// <summary>Section <c>Webhooks</c>: how clients are told of their jobs (docs/webhooks.md). Checked once, before the ports open.</summary>
internal sealed class WebhookOptions
{
    public const string Section = "Webhooks";

    private static readonly string[] KnownSchemes = ["http", "https"];

    /// <summary>Deliveries of this Gateway at a time. Default 64.</summary>
    public int MaxConcurrent { get; set; } = 64;

    /// <summary>Of these, to one host. Default 8.</summary>
    public int MaxConcurrentPerHost { get; set; } = 8;

    /// <summary>Schemes that are called, separated by commas; empty: none. Default https,http.</summary>
    public string Schemes { get; set; } = "https,http";

    /// <summary>
    /// Networks that are called although they are not public, e.g. 10.20.0.0/16. Default none. Apart from the networks that pictures are fetched from:
    /// a service that may be read from need not be one that may be posted to.
    /// </summary>
    public IList<string> PrivateNetworks { get; set; } = [];

    /// <summary>Signs what is posted: "whsec_" and the base64 of 24 to 64 bytes. Default empty: made once, and kept with the jobs.</summary>
    public string Secret { get; set; } = "";

    internal string[] SchemeList => Schemes.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    internal IEnumerable<string> Validate()
    {
        (string Key, int Value)[] counts = [(nameof(MaxConcurrent), MaxConcurrent), (nameof(MaxConcurrentPerHost), MaxConcurrentPerHost)];
        foreach (var (key, value) in counts.Where(count => count.Value is < 1 or > 10_000))
        {
            yield return $"{Section}:{key} is {value}; 1 to 10000 are allowed";
        }
        foreach (var scheme in SchemeList.Except(KnownSchemes, StringComparer.OrdinalIgnoreCase))
        {
            yield return $"{Section}:{nameof(Schemes)}: '{scheme}' is neither http nor https";
        }
        for (var i = 0; i < PrivateNetworks.Count; i++)
        {
            if (!IPNetwork.TryParse(PrivateNetworks[i], out _))
            {
                yield return $"{Section}:{nameof(PrivateNetworks)}:{i} '{PrivateNetworks[i]}' is not a network such as 10.20.0.0/16";
            }
        }
        if (Secret.Length > 0 && !WebhookSecret.TryRead(Secret, out _))
        {
            yield return $"{Section}:{nameof(Secret)} is not '{WebhookSecret.Prefix}' and the base64 of {WebhookSecret.MinBytes} to {WebhookSecret.MaxBytes} bytes";
        }
    }
}
