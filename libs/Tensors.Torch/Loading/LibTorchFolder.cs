namespace QwenMesh.Tensors.Torch;

/// <summary>Finds native libraries.</summary>
internal static class LibTorchFolder
{
    /// <summary>The folder of a library of LibTorch.</summary>
    /// <param name="named">A folder that has it, or one with a <c>lib</c> folder that has it; null looks beside the program.</param>
    /// <param name="file">The library.</param>
    /// <exception cref="TorchException">Not found.</exception>
    public static string Find(string? named, string file)
    {
        if (string.IsNullOrEmpty(named))
        {
            return BesideTheProgram(file) ?? throw new TorchException(
                $"there is no {file} beside the program. Build with -p:Torch=cpu or -p:Torch=cuda, or name a folder that has it "
                + "in Torch__LibraryPath (torch/lib of a PyTorch installation).");
        }
        string[] places = [named, Path.Combine(named, "lib")];
        return First(places, file) ?? throw new TorchException($"Torch__LibraryPath is {named}, but there is no {file}");
    }

    /// <summary>Where the host looks for native libraries: the program's folder and what its packages brought. Null when the file is not there.</summary>
    public static string? BesideTheProgram(string file)
    {
        var packages = (string?)AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") ?? "";
        return First([AppContext.BaseDirectory, .. packages.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)], file);
    }

    private static string? First(IEnumerable<string> places, string file) => places.FirstOrDefault(place => File.Exists(Path.Combine(place, file))) is { } found
        ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(found))
        : null;
}
