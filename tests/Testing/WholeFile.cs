namespace QwenMesh.Testing;

/// <summary>Text files that services look at all the time: whoever reads one while it is replaced has the one before it or the new one, in whole.</summary>
internal static class WholeFile
{
    public static void Write(string path, string text)
    {
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }
}
