using QwenMesh.Tensors;

namespace QwenMesh.Checkpoints;

/// <summary>A checkpoint cannot be used as it is: a file is malformed, or a tensor is missing, superfluous or of the wrong shape.</summary>
public sealed class CheckpointException : Exception
{
    public CheckpointException(string file, string? tensor, string expected, string found, Exception? inner = null)
        : base(tensor is null ? $"{file}: expected {expected}, found {found}" : $"{file}: tensor '{tensor}': expected {expected}, found {found}", inner)
    {
        File = file;
        Tensor = tensor;
        Expected = expected;
        Found = found;
    }

    /// <summary>The file or folder that is wrong.</summary>
    public string File { get; }

    /// <summary>The tensor that is wrong, by its name in the file; null when the file as a whole is.</summary>
    public string? Tensor { get; }

    public string Expected { get; }

    public string Found { get; }

    internal static CheckpointException WrongShape(string file, string tensor, Shape expected, Shape found) =>
        new(file, tensor, $"shape {expected}", $"shape {found}");
}
