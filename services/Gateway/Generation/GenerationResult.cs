namespace QwenMesh.Gateway.Generation;

/// <summary>One picture.</summary>
/// <param name="File">The picture as a complete file.</param>
/// <param name="Seed">The seed used.</param>
/// <param name="Timings">Where the time went.</param>
/// <param name="PromptTruncated">Whether a prompt was longer than the model reads.</param>
public sealed record GenerationResult(ReadOnlyMemory<byte> File, ulong Seed, GenerationTimings Timings, bool PromptTruncated);
