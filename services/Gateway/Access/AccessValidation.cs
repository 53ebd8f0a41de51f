using System.Net;
using Microsoft.Extensions.Options;

namespace QwenMesh.Gateway.Access;

/// <summary>The options by themselves, and that nobody opens the Gateway to others by accident.</summary>
internal sealed class AccessValidation(IConfiguration configuration) : IValidateOptions<AccessOptions>
{
    public ValidateOptionsResult Validate(string? name, AccessOptions options)
    {
        string[] faults = [.. options.Validate(), .. Exposed(options)];
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    // Read from the configuration: the Gateway's own options may be at fault, and say so themselves.
    private IEnumerable<string> Exposed(AccessOptions options)
    {
        var gateway = new GatewayOptions();
        var address = configuration[$"{GatewayOptions.Section}:{nameof(GatewayOptions.BindAddress)}"] ?? gateway.BindAddress;
        if (!options.HasKeys && !options.AllowAnonymous && IPAddress.TryParse(address, out var parsed) && !IPAddress.IsLoopback(parsed))
        {
            yield return $"{GatewayOptions.Section}:{nameof(GatewayOptions.BindAddress)} is {address} and there are no API keys, so that everybody who reaches "
                + $"this machine could draw: name keys in {AccessOptions.Section}:{nameof(AccessOptions.KeyFile)} ('./qwenmesh key ID' makes one), "
                + $"or set {AccessOptions.Section}:{nameof(AccessOptions.AllowAnonymous)} to true";
        }
    }
}
