namespace QwenMesh.Gateway.Files;

/// <summary>Where a Gateway keeps what it is not told another place for: the embedded job store, and the files.</summary>
internal static class DataFolder
{
    /// <param name="configured">Jobs:Folder. Empty: "qwenmesh" in the user's folder for application data.</param>
    /// <returns>An absolute path.</returns>
    public static string Of(string? configured) => !string.IsNullOrEmpty(configured)
        ? Path.GetFullPath(configured)
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "qwenmesh");
}
