using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects.WaveSpeed;

/// <summary>One of the vendor's models: its path, what it takes, and which of the served models draws for it.</summary>
/// <param name="Id">As answers name it; below /api/v3 it is the path.</param>
/// <param name="Model">Drawn by the model of this name where one is served, else by whatever does the task.</param>
internal sealed record WaveSpeedVariant(string Id, string Model)
{
    private const string Family = "wavespeed-ai/qwen-image";

    public const int MinSide = 256;

    /// <summary>The field of what is edited; null draws from text.</summary>
    public string? PictureField { get; init; }

    /// <summary>Pictures at most.</summary>
    public int MostPictures { get; init; }

    /// <summary>Whether a size may be asked for.</summary>
    public bool HasSize { get; init; } = true;

    public int MaxSide { get; init; } = 1536;

    /// <summary>Whether adapters may be named.</summary>
    public bool HasLoras { get; init; }

    public GenerationTask Task => PictureField is null ? GenerationTask.TextToImage : GenerationTask.Edit;

    public static IReadOnlyList<WaveSpeedVariant> All { get; } =
    [
        new($"{Family}/text-to-image", "qwen-image"),
        new($"{Family}/text-to-image-lora", "qwen-image") { HasLoras = true, MaxSide = 1024 },
        new($"{Family}/text-to-image-2512", "qwen-image-2512"),
        new($"{Family}/text-to-image-2512-lora", "qwen-image-2512") { HasLoras = true },
        new($"{Family}/edit", "qwen-image-edit") { PictureField = "image", MostPictures = 1, HasSize = false },
        new($"{Family}/edit-lora", "qwen-image-edit") { PictureField = "image", MostPictures = 1, HasLoras = true },
        new($"{Family}/edit-plus", "qwen-image-edit-2509") { PictureField = "images", MostPictures = 3 },
        new($"{Family}/edit-plus-lora", "qwen-image-edit-2509") { PictureField = "images", MostPictures = 3, HasLoras = true },
        new($"{Family}/edit-2511", "qwen-image-edit-2511") { PictureField = "images", MostPictures = 3 },
        new($"{Family}/edit-2511-lora", "qwen-image-edit-2511") { PictureField = "images", MostPictures = 3, HasLoras = true },
    ];
}
