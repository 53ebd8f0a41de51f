using Microsoft.Extensions.Options;

namespace QwenMesh.Gateway.Access;

/// <summary>API keys and their limits.</summary>
internal static class AccessRegistration
{
    public static void AddAccess(this IServiceCollection services)
    {
        services.AddSingleton<IValidateOptions<AccessOptions>, AccessValidation>();
        services.AddOptions<AccessOptions>().BindConfiguration(AccessOptions.Section).ValidateOnStart();
        services.AddSingleton<KeyRing>().AddSingleton<CallerLimits>().AddSingleton<AccessControl>();
        services.AddHostedService<KeyFileWatch>();
    }
}
