namespace QwenMesh.ServiceDefaults;

/// <summary>Folders of a service's own that nobody else of the machine reads: pictures, requests, and the secrets that sign addresses.</summary>
public static class PrivateFolder
{
    /// <summary>
    /// Makes it, and those above it that are missing, which get the usual permissions. One that is there keeps its own: they are its maker's choice.
    /// </summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be made.</exception>
    public static void Make(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
