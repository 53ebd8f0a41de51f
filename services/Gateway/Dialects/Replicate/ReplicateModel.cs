using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects.Replicate;

/// <summary>One of the vendor's official models: which fields its input has, and their defaults.</summary>
internal sealed record ReplicateModel(string Name)
{
    public const string Owner = "qwen";

    /// <summary>Whether it edits pictures; else it draws from text, and from a picture with a strength.</summary>
    public bool Edits { get; init; }

    /// <summary>Whether its edits take several pictures.</summary>
    public bool TakesList { get; init; }

    /// <summary>Of a picture to draw from.</summary>
    public double Strength { get; init; }

    public int MinSteps { get; init; } = 1;

    public int Steps { get; init; }

    public double Guidance { get; init; }

    /// <summary>Of the file: 0 to 100.</summary>
    public int Quality { get; init; } = 80;

    /// <summary>Whether aspect_ratio may be "custom", with width and height.</summary>
    public bool HasCustomSize { get; init; }

    /// <summary>Names of served models that are preferred for it.</summary>
    public IReadOnlyList<string> Served { get; init; } = [];

    public static ReplicateModel TextToImage { get; } = new("qwen-image") { Strength = 0.9, Steps = 30, Guidance = 3, Served = ["qwen-image"] };

    public static ReplicateModel EditPlus { get; } =
        new("qwen-image-edit-plus") { Edits = true, TakesList = true, Quality = 95, Served = ["qwen-image-edit-2509", "qwen-image-edit-2511"] };

    public static IReadOnlyList<ReplicateModel> All { get; } =
    [
        TextToImage,
        new("qwen-image-2512") { Strength = 0.8, MinSteps = 20, Steps = 40, Guidance = 4, HasCustomSize = true, Served = ["qwen-image-2512"] },
        new("qwen-image-edit") { Edits = true, Quality = 95, Served = ["qwen-image-edit"] },
        EditPlus,
    ];

    public string FullName => $"{Owner}/{Name}";

    /// <summary>The model of a name such as "qwen/qwen-image"; null when it is none of the vendor's.</summary>
    public static ReplicateModel? Find(string fullName) => All.FirstOrDefault(model => model.FullName.Equals(fullName, StringComparison.OrdinalIgnoreCase));

    /// <summary>Which served model draws it: the one of its name where that does the task, else whichever does.</summary>
    /// <exception cref="GenerationException">None is ready.</exception>
    public ServedModel Choose(ModelDirectory models, GenerationTask task) =>
        Served.Select(models.Find).FirstOrDefault(model => model is not null && Pipelines.Served(model).Contains(task)) ?? models.ChooseFor(null, task)!;
}
