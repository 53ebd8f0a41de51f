namespace QwenMesh.Gateway.Generation;

/// <summary>The pictures of one request.</summary>
/// <param name="Pictures">At least one, in the order of their seeds.</param>
/// <param name="Timings">Where the time went.</param>
/// <param name="PromptTruncated">Whether the prompt was longer than the model reads.</param>
/// <param name="NegativePromptTruncated">Whether the negative prompt was longer than the model reads.</param>
public sealed record GenerationResult(
    IReadOnlyList<GeneratedPicture> Pictures, GenerationTimings Timings, bool PromptTruncated, bool NegativePromptTruncated);

/// <summary>One picture.</summary>
/// <param name="Number">Which one of its request, from 0.</param>
/// <param name="File">The picture as a complete file.</param>
/// <param name="Seed">The seed used.</param>
/// <param name="Size">In pixels.</param>
public sealed record GeneratedPicture(int Number, ReadOnlyMemory<byte> File, ulong Seed, ImageSize Size)
{
    /// <summary>A guardrail withholds it; the file is empty.</summary>
    public bool IsFiltered { get; init; }
}
