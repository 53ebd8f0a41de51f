using System.Text.RegularExpressions;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects.DashScope;

/// <summary>What one of the vendor's models takes.</summary>
/// <param name="Name">Without the date of a snapshot.</param>
/// <param name="ServedAs">Names of models here that stand for it, the closest first.</param>
internal sealed partial record DashScopeModel(string Name, IReadOnlyList<string> ServedAs)
{
    /// <summary>Pictures in the message.</summary>
    public int LeastPictures { get; init; }

    /// <inheritdoc cref="LeastPictures"/>
    public int MostPictures { get; init; }

    /// <summary>Pictures in the answer.</summary>
    public int MostCount { get; init; } = 1;

    public DashScopeSizes Sizes { get; init; }

    /// <summary>Of a picture from text alone; null takes the served model's.</summary>
    public ImageSize? DefaultSize { get; init; }

    /// <summary>Whether the vendor rewrites prompts for it, so that prompt_extend may be sent.</summary>
    public bool ExtendsPrompts { get; init; } = true;

    /// <summary>Whether the asynchronous route has it.</summary>
    public bool IsAsynchronous { get; init; }

    private static readonly DashScopeModel[] Known =
    [
        Drawing("qwen-image") with { IsAsynchronous = true },
        Drawing("qwen-image-plus") with { IsAsynchronous = true },
        Drawing("qwen-image-max"),
        Second("qwen-image-2.0"),
        Second("qwen-image-2.0-pro"),
        new("qwen-image-edit", ["qwen-image-edit"]) { LeastPictures = 1, MostPictures = 3, Sizes = DashScopeSizes.None, ExtendsPrompts = false },
        Editing("qwen-image-edit-plus"),
        Editing("qwen-image-edit-max"),
    ];

    /// <summary>One of the vendor's models, or a snapshot of it ("qwen-image-plus-2026-01-09"); null for another.</summary>
    public static DashScopeModel? Find(string name)
    {
        var undated = Date().Replace(name.Trim(), "");
        return Array.Find(Known, model => model.Name.Equals(undated, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>A model that is served here under a name of its own: what it takes, its profile says.</summary>
    public static DashScopeModel Own(string name) =>
        new(name, [name]) { MostPictures = 3, MostCount = 6, Sizes = DashScopeSizes.Any, ExtendsPrompts = true, IsAsynchronous = true };

    private static DashScopeModel Drawing(string name) => new(name, [name, "qwen-image-2512", "qwen-image"])
    {
        Sizes = DashScopeSizes.Listed,
        DefaultSize = new ImageSize(1664, 928),
    };

    private static DashScopeModel Second(string name) => new(name, [name, "qwen-image-2512", "qwen-image-edit-2511", "qwen-image-edit-2509"])
    {
        MostPictures = 3,
        MostCount = 6,
        Sizes = DashScopeSizes.Area,
        DefaultSize = new ImageSize(2048, 2048),
    };

    private static DashScopeModel Editing(string name) => new(name, [name, "qwen-image-edit-2511", "qwen-image-edit-2509"])
    {
        LeastPictures = 1,
        MostPictures = 3,
        MostCount = 6,
        Sizes = DashScopeSizes.Sides,
    };

    [GeneratedRegex(@"-\d{4}-\d{2}-\d{2}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Date();
}

/// <summary>Which sizes may be asked for.</summary>
internal enum DashScopeSizes
{
    /// <summary>Whatever the served model takes.</summary>
    Any,

    /// <summary>A few.</summary>
    Listed,

    /// <summary>Of 512*512 to 2048*2048 pixels.</summary>
    Area,

    /// <summary>Sides of 512 to 2048, rounded to 16.</summary>
    Sides,

    /// <summary>None: the input picture decides.</summary>
    None,
}
