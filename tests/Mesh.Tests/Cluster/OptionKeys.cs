using System.Collections;
using System.ComponentModel;
using System.Reflection;

namespace QwenMesh.Mesh.Tests.Cluster;

/// <summary>Settings of a service, found in its option classes.</summary>
internal sealed class OptionKeys
{
    private const string SectionField = "Section";

    private readonly ILookup<string, Type> _sections;

    private OptionKeys(params Assembly[] assemblies) => _sections = assemblies
        .SelectMany(assembly => assembly.GetTypes())
        .Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal))
        .Select(type => (Type: type, Section: type.GetField(SectionField)?.GetRawConstantValue() as string))
        .Where(found => found.Section is not null)
        .ToLookup(found => found.Section!, found => found.Type, StringComparer.OrdinalIgnoreCase);

    /// <summary>Of the Gateway, Encoder, Denoiser or Vae.</summary>
    public static OptionKeys Of(string service) => service == "Gateway"
        ? new OptionKeys(typeof(Gateway.GatewayOptions).Assembly, typeof(ServiceDefaults.Tls.TlsOptions).Assembly)
        : new OptionKeys(typeof(StageHost.StageOptions).Assembly, typeof(ServiceDefaults.Tls.TlsOptions).Assembly, Assembly.Load($"QwenMesh.{service}"));

    /// <summary>Why a variable such as Stage__DrainSeconds is no setting, or its value none of the setting's type; null when all is well.</summary>
    public string? Fault(string variable, string? value)
    {
        var names = variable.Split("__");
        for (var taken = names.Length - 1; taken > 0; taken--)
        {
            foreach (var section in _sections[string.Join(':', names[..taken])])
            {
                if (Find(section, names.AsSpan(taken)) is { } type)
                {
                    return value is null || IsOf(type, value) ? null : $"{variable}: '{value}' is no {type.Name}";
                }
            }
        }
        return $"{variable} is no setting";
    }

    /// <summary>Type of a setting, by its name below a class.</summary>
    private static Type? Find(Type type, ReadOnlySpan<string> names)
    {
        if (names.IsEmpty)
        {
            return type;
        }
        if (type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type))
        {
            return Find(type.GetGenericArguments()[^1], names[1..]); // An element, by its number or name.
        }
        return type.GetProperty(names[0], BindingFlags.Instance | BindingFlags.Public | BindingFlags.IgnoreCase) is { } property
            ? Find(property.PropertyType, names[1..])
            : null;
    }

    private static bool IsOf(Type type, string value) => type == typeof(string) || TypeDescriptor.GetConverter(type).IsValid(value);
}
