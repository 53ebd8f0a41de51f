namespace QwenMesh.Mesh.Tests;

/// <summary>What a test has found out beyond that it passes. ./qwenmesh test prints it at the end: the test platform shows nothing of tests that pass.</summary>
internal static class Findings
{
    // Files of the folder are printed in the order of their names.
    private const string Folder = "QWENMESH_TEST_FINDINGS";

    public static void Print(string name, string text)
    {
        Console.WriteLine(text);
        if (Environment.GetEnvironmentVariable(Folder) is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, $"{name}.md"), text + "\n");
        }
    }
}
