using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects.Replicate;

/// <summary>Which model a prediction asks for: one of the vendor's, one that is served here under another name, or whichever fits its input.</summary>
/// <param name="Shown">What the prediction repeats as its model; null when the model is not known before the input is.</param>
/// <param name="Version">What the prediction repeats as its version.</param>
/// <param name="Model">Of the vendor; null for the others.</param>
/// <param name="Served">Served under the name; null for the vendor's, and when none was named.</param>
internal sealed record ReplicateChoice(string? Shown, string Version, ReplicateModel? Model, ServedModel? Served)
{
    private const int HashLength = 64;

    /// <param name="name">"owner/name".</param>
    /// <param name="models">Served.</param>
    /// <param name="version">As it was sent.</param>
    /// <exception cref="DialectException">There is no such model.</exception>
    public static ReplicateChoice OfModel(string name, ModelDirectory models, string version = ReplicateExtra.HiddenVersion)
    {
        if (ReplicateModel.Find(name) is { } model)
        {
            return new ReplicateChoice(model.FullName, version, model, null);
        }
        return new ReplicateChoice(name, version, null, models.Choose(name) ?? throw new DialectException(
            DialectErrorKind.UnknownModel, $"there is no model '{Echo.Cut(name)}' here; there are {string.Join(", ", ReplicateModel.All.Select(known => known.FullName))}, {models.Names}"));
    }

    /// <summary>
    /// Of "version": "owner/name", "owner/name:hash", or a hash alone. Hashes name builds of the vendor's, which none of the models here is: one alone lets the
    /// input decide.
    /// </summary>
    /// <returns>Null when it is at fault, which is noted.</returns>
    public static ReplicateChoice? OfVersion(BodyFields fields, ModelDirectory models)
    {
        var sent = fields.RequiredText("version", maxLength: 256, minLength: 1);
        if (sent.Contains('/', StringComparison.Ordinal))
        {
            return OfModel(sent.Split(':')[0], models, sent.Split(':') is [_, { Length: > 0 } hash] ? hash : ReplicateExtra.HiddenVersion);
        }
        if (sent.Length == HashLength && sent.All(char.IsAsciiHexDigit))
        {
            return new ReplicateChoice(null, sent, null, null);
        }
        if (sent.Length > 0)
        {
            fields.Refuse("version", "it is 'owner/name', 'owner/name:hash' or a hash of 64 digits");
        }
        return null;
    }

    /// <summary>The fields that the input may have.</summary>
    public ReplicateModel Fields(bool hasPicture, bool hasStrength) =>
        Model ?? (hasPicture && !hasStrength ? ReplicateModel.EditPlus : ReplicateModel.TextToImage);

    /// <summary>What draws it.</summary>
    /// <exception cref="GenerationException">None is ready.</exception>
    public ServedModel Draws(ModelDirectory models, ReplicateModel fields, GenerationTask task) => Served ?? fields.Choose(models, task);
}
