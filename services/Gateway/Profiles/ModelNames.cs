using Microsoft.Extensions.Options;

namespace QwenMesh.Gateway.Profiles;

/// <summary>Names under which requests may ask for the served model: the profile's, and configured aliases of those.</summary>
internal sealed class ModelNames(IOptions<GatewayOptions> options)
{
    private readonly (string Asked, string Served)[] _aliases =
        [.. options.Value.ModelAliases.Select(alias => alias.Split('=', 2)).Select(parts => (parts[0].Trim(), parts[1].Trim()))];

    public bool Serves(ModelProfile profile, string name) => All(profile).Contains(name, StringComparer.OrdinalIgnoreCase);

    public IEnumerable<string> All(ModelProfile profile) =>
        profile.Names.Concat(_aliases.Where(alias => profile.Answers(alias.Served)).Select(alias => alias.Asked));
}
