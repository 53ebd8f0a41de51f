namespace QwenMesh.Mesh.Tests;

internal static class Repository
{
    /// <summary>The folder that holds QwenMesh.sln.</summary>
    public static string Root { get; } = Find();

    public static string NanoModel => Path.Combine(Root, "models", "qwen-image-nano");

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "QwenMesh.sln")))
            {
                return folder.FullName;
            }
        }
        throw new DirectoryNotFoundException($"QwenMesh.sln is not above {AppContext.BaseDirectory}");
    }
}
