using Microsoft.Extensions.Options;
using QwenMesh.ServiceDefaults.Tls;

namespace QwenMesh.Gateway.Routing;

/// <summary>With certificates no stage is called without them by accident.</summary>
internal sealed class StageTlsValidation(IConfiguration configuration) : IValidateOptions<StagesOptions>
{
    public ValidateOptionsResult Validate(string? name, StagesOptions options)
    {
        if (string.IsNullOrEmpty(configuration[$"{TlsOptions.Section}:{nameof(TlsOptions.CertificateFile)}"]))
        {
            return ValidateOptionsResult.Success;
        }
        string[] plain =
        [
            .. options.AllPools.SelectMany(pool => pool.Pool.Addresses.Index()
                .Where(address => address.Item.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
                .Select(address => $"{StagesOptions.Section}:{pool.Name}:{nameof(StagePoolOptions.Addresses)}:{address.Index} '{address.Item}' is without TLS, "
                    + $"and {TlsOptions.Section}:{nameof(TlsOptions.CertificateFile)} is set: https://host:port or dns:///name:port is needed")),
        ];
        return plain.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(plain);
    }
}
