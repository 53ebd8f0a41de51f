using System.IO.Enumeration;

namespace QwenMesh.Tensors.Torch;

/// <summary>Activations in float8 e4m3 and a Float32 scale for every row, as native tensors and addresses.</summary>
internal readonly record struct Float8Rows(nint Handle, nint Address, nint ScaleHandle, nint ScaleAddress);

/// <summary>A weight [out, in] in float8 e4m3 and its scales [out, 1] in Float32.</summary>
internal sealed record Float8Matrix(StoredTensor Matrix, StoredTensor Scales) : IDisposable
{
    public void Dispose()
    {
        Matrix.Dispose();
        Scales.Dispose();
    }
}

/// <summary>Which linear layers multiply in float8, by patterns of their names in the checkpoint ("*" stands for anything).</summary>
internal sealed class Float8Layers
{
    // Both are what the hardware asks for and what is worth it: sixteens, and matrices that take longer than to convert their inputs.
    private const int Multiple = 16;
    private const int Smallest = 256;

    private readonly string[] _patterns;

    private Float8Layers(string[] patterns) => _patterns = patterns;

    /// <summary>Attention's projections and the feed-forward layers; what sets the modulation, and the ends of the network, stay as they are.</summary>
    public static Float8Layers Default { get; } = new(["*attn*", "*mlp*"]);

    /// <param name="text">Patterns with commas between them.</param>
    public static Float8Layers Parse(string text) => new(text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    public bool Includes(string name, int outputs, int inputs) =>
        outputs % Multiple == 0 && inputs % Multiple == 0 && Math.Min(outputs, inputs) >= Smallest
        && Array.Exists(_patterns, pattern => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false));
}
