namespace QwenMesh.Encoder;

/// <summary>Conditioning of one prompt. Shared between calls, never changed.</summary>
/// <param name="Tokens">Rows.</param>
/// <param name="HiddenSize">Columns.</param>
/// <param name="Bytes">Float32, little-endian, [tokens, hidden size].</param>
/// <param name="ComputeTime">What it took.</param>
internal sealed record PromptEmbeds(int Tokens, int HiddenSize, ReadOnlyMemory<byte> Bytes, TimeSpan ComputeTime);
