using System.Net;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Pictures;

namespace QwenMesh.Gateway.Webhooks;

/// <summary>Which addresses are called. What a name resolves to is checked when it is called; what can be seen before that, when a job is submitted.</summary>
internal sealed class WebhookAddresses
{
    private const int MaxLength = 4096;

    private readonly string[] _schemes;

    public WebhookAddresses(IOptions<WebhookOptions> options)
    {
        _schemes = options.Value.SchemeList;
        Rules = new AddressRules(options.Value.PrivateNetworks.Select(IPNetwork.Parse));
    }

    public AddressRules Rules { get; }

    /// <summary>Why nothing could ever be delivered to an address that a client gives, to follow the name of its field; null when something may.</summary>
    public string? Check(string text)
    {
        if (text.Length > MaxLength)
        {
            return $"has more than {MaxLength} characters";
        }
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Host.Length == 0 || text.Any(char.IsControl))
        {
            return "is not an address such as https://example.com/hook";
        }
        if (!_schemes.Contains(address.Scheme, StringComparer.OrdinalIgnoreCase))
        {
            return _schemes.Length == 0 ? "is given, but webhooks are not sent" : $"must begin with {string.Join(" or ", _schemes.Select(scheme => $"{scheme}://"))}";
        }
        if (address.UserInfo.Length > 0)
        {
            return "carries a user name or password, which are not sent";
        }
        return IPAddress.TryParse(address.DnsSafeHost, out var literal) && !Rules.Allows(literal) ? "leads to a network that is not called" : null;
    }
}
