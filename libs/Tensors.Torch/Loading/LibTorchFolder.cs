namespace QwenMesh.Tensors.Torch;

/// <summary>Finds the folder that LibTorch lies in.</summary>
internal static class LibTorchFolder
{
    /// <param name="named">A folder with LibTorch's libraries, or with a <c>lib</c> folder that has them; null looks beside the program.</param>
    /// <param name="file">The library that has to be there.</param>
    /// <exception cref="TorchException">Not found.</exception>
    public static string Find(string? named, string file)
    {
        if (!string.IsNullOrEmpty(named))
        {
            string[] places = [named, Path.Combine(named, "lib")];
            return Array.Find(places, place => File.Exists(Path.Combine(place, file))) is { } found
                ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(found))
                : throw new TorchException($"Torch__LibraryPath is {named}, but there is no {file}");
        }
        return BesideTheProgram().FirstOrDefault(place => File.Exists(Path.Combine(place, file))) is { } own
            ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(own))
            : throw new TorchException(
                $"there is no {file} beside the program. Build with -p:Torch=cpu or -p:Torch=cuda, or name a folder that has it "
                + "in Torch__LibraryPath (of a PyTorch installation: torch/lib).");
    }

    /// <summary>Where the host looks for native libraries: the program's folder and what its packages brought.</summary>
    private static IEnumerable<string> BesideTheProgram() =>
        [AppContext.BaseDirectory, .. ((string?)AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)];
}
