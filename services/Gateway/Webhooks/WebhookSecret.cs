using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Files;

namespace QwenMesh.Gateway.Webhooks;

/// <summary>
/// What webhooks are signed with: a secret for each owner, made of the deployment's. A caller who can ask for his own cannot sign in place of the Gateway for
/// another one.
/// </summary>
internal sealed class WebhookSecret(ISigningKeys keys, IOptions<WebhookOptions> options)
{
    public const string Prefix = "whsec_";
    public const int MinBytes = 24;
    public const int MaxBytes = 64;

    private byte[]? _key;

    /// <summary>The bytes.</summary>
    /// <param name="owner">Of the job; the deployment's secret itself is that of callers without an API key ("").</param>
    /// <param name="cancellationToken">The request's.</param>
    public async ValueTask<byte[]> KeyAsync(string owner, CancellationToken cancellationToken)
    {
        var key = _key ??= TryRead(options.Value.Secret, out var own) ? own : await keys.GetAsync("webhooks", cancellationToken);
        return owner.Length == 0 ? key : HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(owner));
    }

    /// <summary>As receivers get it: "whsec_" and the base64 of the bytes.</summary>
    public async ValueTask<string> TextAsync(string owner, CancellationToken cancellationToken) =>
        Prefix + Convert.ToBase64String(await KeyAsync(owner, cancellationToken));

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
