using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace QwenMesh.ServiceDefaults;

/// <summary>Options that are checked once, before the host starts, and that report every fault at a time.</summary>
public static class OptionsRegistration
{
    /// <param name="services">The host's services.</param>
    /// <param name="section">Configuration section that the options bind to.</param>
    /// <param name="validate">Yields one message per fault; each names its key.</param>
    public static OptionsBuilder<T> AddValidatedOptions<T>(
        this IServiceCollection services, string section, Func<T, IEnumerable<string>> validate)
        where T : class
    {
        services.AddSingleton<IValidateOptions<T>>(new Validator<T>(validate));
        return services.AddOptions<T>().BindConfiguration(section).ValidateOnStart();
    }

    private sealed class Validator<T>(Func<T, IEnumerable<string>> validate) : IValidateOptions<T>
        where T : class
    {
        public ValidateOptionsResult Validate(string? name, T options)
        {
            var faults = validate(options).ToArray();
            return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
        }
    }
}
