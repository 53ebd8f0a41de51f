namespace QwenMesh.Testing;

/// <summary>
/// The reference's own numbers: <c>cases/NAME/{case.json, tensors.safetensors, *.png}</c>, <c>models/NAME/</c>, optionally <c>numerics/</c>
/// and <c>tokenizer/</c>. <c>QWENMESH_GOLDEN</c> names another folder of that layout.
/// </summary>
public static class GoldenFolder
{
    public const string Variable = "QWENMESH_GOLDEN";

    private static readonly Lazy<string> LazyRepository = new(FindRepository);

    /// <summary>The golden folder in use.</summary>
    public static string Find()
    {
        var chosen = Environment.GetEnvironmentVariable(Variable);
        return string.IsNullOrEmpty(chosen) ? Default : Path.GetFullPath(chosen);
    }

    /// <summary>Whether the repository's own folder is in use.</summary>
    public static bool IsDefault => Find() == Default;

    public static string Default => Path.Combine(Repository, "tests", "golden");

    /// <summary>Root of the repository that the test was built in.</summary>
    public static string Repository => LazyRepository.Value;

    /// <summary>A checkpoint of the folder; one that it lacks may be of the repository's golden folder or of its <c>models/</c>.</summary>
    public static string Model(string name)
    {
        string[] roots = [Find(), Default, Repository];
        var folders = Array.ConvertAll(roots, root => Path.Combine(root, "models", name));
        return Array.Find(folders, Directory.Exists) ?? folders[0];
    }

    /// <summary>A file of numerics/, which an alternative folder may lack: then the repository's.</summary>
    public static string Numerics(string file) => WithFallback("numerics", file);

    /// <summary>A file of tokenizer/, which an alternative folder may lack: then the repository's.</summary>
    public static string Tokenizer(string file) => WithFallback("tokenizer", file);

    private static string WithFallback(string part, string file)
    {
        var own = Path.Combine(Find(), part, file);
        return File.Exists(own) ? own : Path.Combine(Default, part, file);
    }

    private static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Directory.Exists(Path.Combine(folder.FullName, "tests", "golden", "cases")))
            {
                return folder.FullName;
            }
        }
        throw new DirectoryNotFoundException($"no folder above {AppContext.BaseDirectory} holds tests/golden/cases");
    }
}
