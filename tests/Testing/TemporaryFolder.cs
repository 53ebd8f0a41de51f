namespace QwenMesh.Testing;

/// <summary>A new folder that goes away with its contents.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("qwenmesh-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a text file in whole, and the folders above it.</summary>
    public string Write(string name, string text)
    {
        var path = File(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        WholeFile.Write(path, text);
        return path;
    }

    /// <summary>Copies a folder with everything in it, e.g. a checkpoint to be damaged; returns the copy's path.</summary>
    public string CopyOf(string folder)
    {
        var target = File(System.IO.Path.GetFileName(folder));
        foreach (var source in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            var copy = System.IO.Path.Combine(target, System.IO.Path.GetRelativePath(folder, source));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
            System.IO.File.Copy(source, copy);
        }
        return target;
    }

    /// <summary>What a server that was stopped at once still writes may keep the folder for a moment.</summary>
    public void Dispose()
    {
        var end = Environment.TickCount64 + 30_000;
        while (true)
        {
            try
            {
                Directory.Delete(Path, recursive: true);
                return;
            }
            catch (IOException) when (Environment.TickCount64 < end)
            {
                if (!Directory.Exists(Path))
                {
                    return;
                }
                Thread.Sleep(20);
            }
        }
    }
}
