using System.Collections.Frozen;

namespace QwenMesh.Gateway.Access;

/// <summary>What a caller is known by, and may ask for. Limits of 0 are none.</summary>
internal sealed record ApiKey
{
    private readonly FrozenSet<string> _models;

    private ApiKey(string id, CallerOptions options)
    {
        Id = id;
        (RequestsPerMinute, InquiriesPerMinute, ConcurrentRequests) = (options.RequestsPerMinute, options.InquiriesPerMinute, options.ConcurrentRequests);
        Burst = options.Burst > 0 ? options.Burst : options.RequestsPerMinute;
        (MaxRequestBodyBytes, MaxPixels, MaxSteps) = (options.MaxRequestBodyBytes, options.MaxPixels, options.MaxSteps);
        _models = options.Models.Select(Short).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>A caller without limits and without a name.</summary>
    public static ApiKey Unlimited { get; } = Anonymous(new CallerOptions());

    /// <summary>Empty for callers without a key.</summary>
    public string Id { get; }

    public bool IsDisabled { get; private init; }

    public int RequestsPerMinute { get; }

    public int Burst { get; }

    public int InquiriesPerMinute { get; }

    public int ConcurrentRequests { get; }

    public int MaxRequestBodyBytes { get; }

    public long MaxPixels { get; }

    public int MaxSteps { get; }

    /// <summary>Whether what is drawn is limited, by pixels, steps or models.</summary>
    public bool LimitsPictures => MaxPixels > 0 || MaxSteps > 0 || _models.Count > 0;

    public static ApiKey Of(KeyOptions options) => new(options.Id, options) { IsDisabled = options.Disabled };

    public static ApiKey Anonymous(CallerOptions options) => new("", options);

    /// <param name="id">With its publisher or without: "qwen/qwen-image" is "qwen-image".</param>
    public bool Allows(string id) => _models.Count == 0 || _models.Contains(Short(id));

    private static string Short(string id) => id[(id.LastIndexOf('/') + 1)..].Trim();
}
