using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Profiles;

/// <summary>What clients may ask of a model, and its defaults. Data: Profiles/*.json.</summary>
internal sealed record ModelProfile
{
    public required string Id { get; init; }

    /// <summary>Names that requests may use, publisher/model.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Which checkpoints the profile is for.</summary>
    public required ProfileMatch Match { get; init; }

    public required SizeRules Sizes { get; init; }

    /// <summary>Aspect ratio, e.g. "16:9", to the model's recommended size of that ratio.</summary>
    public required IReadOnlyDictionary<string, ImageSize> AspectRatios { get; init; }

    /// <summary>True CFG scale when neither the request nor its dialect says.</summary>
    public required double Guidance { get; init; }

    /// <summary>Steps of distilled weights, which replace a dialect's own default and range; null for the others.</summary>
    public StepRules? Steps { get; init; }

    /// <summary>Used in place of an absent negative prompt when guidance is above 1; null turns guidance off instead.</summary>
    public string? NegativePrompt { get; init; }

    public ProfileScheduler Scheduler { get; init; }

    public bool Answers(string name) => Names.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The same rules for a model whose sizes are multiples of something else.</summary>
    public ModelProfile For(string id, int multiple) => this with
    {
        Id = id,
        Match = Match with { Multiple = multiple },
        Sizes = Sizes with { Multiple = multiple, Default = Sizes.Default.FloorTo(multiple) },
        AspectRatios = AspectRatios.ToDictionary(pair => pair.Key, pair => pair.Value.FloorTo(multiple)),
    };

    internal IEnumerable<string> Validate()
    {
        if (Names.Count == 0)
        {
            yield return "names is empty";
        }
        if (Sizes.Multiple < 1 || Sizes.Minimum < 1 || Sizes.Maximum < Sizes.Minimum)
        {
            yield return $"sizes: multiple {Sizes.Multiple}, minimum {Sizes.Minimum} and maximum {Sizes.Maximum} do not fit together";
            yield break;
        }
        if (Match.Multiple != Sizes.Multiple)
        {
            yield return $"match has the multiple {Match.Multiple}, sizes has {Sizes.Multiple}";
        }
        foreach (var (name, size) in AspectRatios.Append(new("default", Sizes.Default)))
        {
            if (size.FloorTo(Sizes.Multiple) != size || !Sizes.Allows(size.Width) || !Sizes.Allows(size.Height))
            {
                yield return $"size {size} of {name} is no multiple of {Sizes.Multiple}, or outside {Sizes.Minimum} to {Sizes.Maximum}";
            }
        }
        if (Steps is { } steps && (steps.Minimum < 1 || steps.Default < steps.Minimum || steps.Maximum < steps.Default))
        {
            yield return $"steps: minimum {steps.Minimum}, default {steps.Default} and maximum {steps.Maximum} do not fit together";
        }
        if (!double.IsFinite(Guidance) || Guidance < 0)
        {
            yield return $"guidance {Guidance} is out of range";
        }
    }
}

/// <param name="ModelIds">Checkpoint folder names; a trailing * matches any ending.</param>
/// <param name="PipelineClasses">model_index.json's _class_name.</param>
/// <param name="Multiple">VAE scale factor times patch size.</param>
internal sealed record ProfileMatch(IReadOnlyList<string> ModelIds, IReadOnlyList<string> PipelineClasses, int Multiple)
{
    /// <param name="modelId">A folder's name, or "owner/name" of a repository, of which the name counts.</param>
    public bool NamesModel(string modelId)
    {
        var name = modelId[(modelId.LastIndexOf('/') + 1)..];
        return ModelIds.Any(pattern => pattern.EndsWith('*')
            ? name.StartsWith(pattern[..^1], StringComparison.OrdinalIgnoreCase)
            : name.Equals(pattern, StringComparison.OrdinalIgnoreCase));
    }
}

/// <param name="Multiple">Sides that the model generates are multiples of it, in pixels.</param>
/// <param name="Minimum">Shortest side that may be asked for.</param>
/// <param name="Maximum">Longest side that may be asked for.</param>
/// <param name="Default">Size when none is asked for.</param>
internal sealed record SizeRules(int Multiple, int Minimum, int Maximum, ImageSize Default)
{
    public bool Allows(int side) => side >= Minimum && side <= Maximum;
}

/// <param name="Default">When a request says none.</param>
internal sealed record StepRules(int Default, int Minimum, int Maximum);

internal enum ProfileScheduler
{
    /// <summary>The checkpoint's own.</summary>
    Checkpoint,

    /// <summary>Distilled weights at 4 or 8 steps.</summary>
    Lightning,
}
