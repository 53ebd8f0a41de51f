using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;

namespace QwenMesh.Gateway.Profiles;

/// <summary>All profiles: those of the configured folder first, then the built-in ones.</summary>
internal sealed class ProfileCatalog
{
    private const string Prefix = "Profiles/";

    // A model of another multiple gets the rules of this profile, with its sizes rounded down.
    private const string Generic = "qwen-image";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    private readonly string _configured;

    public ProfileCatalog(IOptions<GatewayOptions> options)
    {
        _configured = options.Value.Profile;
        var folder = options.Value.ProfileFolder;
        var files = folder.Length == 0 ? [] : Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(FromFile);
        All = [.. files, .. BuiltIn()];
        if (_configured.Length > 0 && Find(_configured) is null)
        {
            throw new OptionsValidationException(GatewayOptions.Section, typeof(GatewayOptions),
                [$"{GatewayOptions.Section}:{nameof(GatewayOptions.Profile)} '{_configured}' is none of {string.Join(", ", All.Select(profile => profile.Id))}"]);
        }
    }

    public IReadOnlyList<ModelProfile> All { get; }

    /// <summary>Why the configured profile is none for sizes of this multiple; null when it is, or none is configured.</summary>
    public string? Mismatch(int multiple) => _configured.Length > 0 && Find(_configured)!.Sizes.Multiple is var configured && configured != multiple
        ? $"{GatewayOptions.Section}:{nameof(GatewayOptions.Profile)} '{_configured}' is for sizes in multiples of {configured}, the stages generate multiples of {multiple}"
        : null;

    /// <summary>The configured profile; else the one that names the checkpoint; else the one for its pipeline; else the generic one.</summary>
    public ModelProfile For(string modelId, string pipelineClass, int multiple)
    {
        if (_configured.Length > 0)
        {
            return Find(_configured)!;
        }
        var fitting = All.Where(profile => profile.Match.Multiple == multiple).ToArray();
        return fitting.FirstOrDefault(profile => profile.Match.NamesModel(modelId))
            ?? fitting.FirstOrDefault(profile => profile.Match.PipelineClasses.Contains(pipelineClass, StringComparer.Ordinal))
            ?? Find(Generic)!.For(modelId, multiple);
    }

    private ModelProfile? Find(string id) => All.FirstOrDefault(profile => profile.Id.Equals(id, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<ModelProfile> BuiltIn()
    {
        var assembly = typeof(ProfileCatalog).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            yield return Parse(name, stream);
        }
    }

    private static ModelProfile FromFile(string path)
    {
        using var stream = File.OpenRead(path);
        return Parse(path, stream);
    }

    private static ModelProfile Parse(string source, Stream stream)
    {
        try
        {
            var profile = JsonSerializer.Deserialize<ModelProfile>(stream, Json)!;
            return profile.Validate().ToArray() is { Length: > 0 } faults
                ? throw new JsonException(string.Join("; ", faults))
                : profile;
        }
        catch (JsonException exception)
        {
            throw new OptionsValidationException(GatewayOptions.Section, typeof(GatewayOptions),
                [$"{GatewayOptions.Section}:{nameof(GatewayOptions.ProfileFolder)}: {source}: {exception.Message}"]);
        }
    }
}
