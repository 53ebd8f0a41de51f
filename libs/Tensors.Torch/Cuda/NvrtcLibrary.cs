namespace QwenMesh.Tensors.Torch.Cuda;

/// <summary>Finds NVRTC's library.</summary>
internal static class NvrtcLibrary
{
    private const string Pattern = "libnvrtc*.so*";

    /// <param name="torchFolder">LibTorch's folder. In a PyTorch installation NVIDIA's packages lie beside it.</param>
    /// <returns>Its path, or null.</returns>
    public static string? Find(string torchFolder) => Places(torchFolder).Select(Newest).FirstOrDefault(path => path is not null);

    private static IEnumerable<string> Places(string torchFolder)
    {
        yield return torchFolder;
        var nvidia = Path.Combine(torchFolder, "..", "..", "nvidia");
        if (Directory.Exists(nvidia))
        {
            foreach (var package in Directory.EnumerateDirectories(nvidia).Order(StringComparer.Ordinal))
            {
                yield return Path.Combine(package, "lib");
            }
        }
        yield return "/usr/local/cuda/lib64";
        yield return "/usr/lib/x86_64-linux-gnu";
    }

    // Not its table of built-in functions, nor the variant without static linking.
    private static string? Newest(string folder) => !Directory.Exists(folder)
        ? null
        : Directory.EnumerateFiles(folder, Pattern)
            .Where(path => !path.Contains("builtins", StringComparison.Ordinal) && !path.Contains(".alt.", StringComparison.Ordinal))
            .OrderDescending(StringComparer.Ordinal)
            .FirstOrDefault();
}
