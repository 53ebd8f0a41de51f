using System.Reflection;

namespace QwenMesh.Tensors.Torch.Cuda;

/// <summary>The CUDA sources that this assembly carries.</summary>
internal static class KernelSources
{
    private const string Common = "common.cuh";
    private const string Extension = ".cu";

    /// <summary>Names of all sources.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(name => name.EndsWith(Extension, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>A source with what all share before it.</summary>
    public static string Read(string name) => $"{Resource(Common)}\n#line 1 \"{name}\"\n{Resource(name)}";

    private static string Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name) ?? throw new InvalidOperationException($"no resource {name}");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
