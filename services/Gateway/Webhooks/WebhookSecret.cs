using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Files;

namespace QwenMesh.Gateway.Webhooks;

/// <summary>What webhooks are signed with: one key for the deployment.</summary>
internal sealed class WebhookSecret(ISigningKeys keys, IOptions<WebhookOptions> options)
{
    public const string Prefix = "whsec_";
    public const int MinBytes = 24;
    public const int MaxBytes = 64;

    private byte[]? _key;

    /// <summary>The bytes.</summary>
    public async ValueTask<byte[]> KeyAsync(CancellationToken cancellationToken) =>
        _key ??= TryRead(options.Value.Secret, out var key) ? key : await keys.GetAsync("webhooks", cancellationToken);

    /// <summary>As receivers get it: "whsec_" and the base64 of the bytes.</summary>
    public async ValueTask<string> TextAsync(CancellationToken cancellationToken) => Prefix + Convert.ToBase64String(await KeyAsync(cancellationToken));

    /// <summary>Reads what <see cref="TextAsync"/> writes.</summary>
    public static bool TryRead(string text, out byte[] key)
    {
        key = new byte[MaxBytes];
        if (!text.StartsWith(Prefix, StringComparison.Ordinal)
            || !Convert.TryFromBase64String(text[Prefix.Length..], key, out var count) || count < MinBytes)
        {
            return false;
        }
        key = key[..count];
        return true;
    }
}
