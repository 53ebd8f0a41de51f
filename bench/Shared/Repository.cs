namespace QwenMesh.Bench;

internal static class Repository
{
    /// <summary>The folder that holds QwenMesh.sln.</summary>
    public static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "QwenMesh.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("the repository's folder is not above this program");
        }
        return folder.FullName;
    }
}
