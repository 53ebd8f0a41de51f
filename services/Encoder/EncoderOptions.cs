using QwenMesh.Encoder.Prompting;

namespace QwenMesh.Encoder;

/// <summary>Section <c>Encoder</c>.</summary>
internal sealed class EncoderOptions
{
    public const string Section = "Encoder";

    /// <summary>Tokens kept of a prompt when a call does not say. Default 512, as in the reference.</summary>
    public int DefaultMaxSequenceLength { get; set; } = 512;

    /// <summary>Largest max_sequence_length that a call may ask for. Default 1024, the model's limit.</summary>
    public int MaxSequenceLength { get; set; } = PromptTemplate.TextToImageMaxLength;

    /// <summary>Prompts of one call. Default 8.</summary>
    public int MaxPrompts { get; set; } = 8;

    /// <summary>Reference pictures of one call, where the template takes several. Default 8.</summary>
    public int MaxImages { get; set; } = 8;

    /// <summary>Pixels of one reference picture. Default 64,000,000.</summary>
    public long MaxImagePixels { get; set; } = 64_000_000;

    /// <summary>UTF-16 units of a prompt at most; longer ones are refused before they are tokenised. Default 65,536.</summary>
    public int MaxPromptLength { get; set; } = 65_536;

    /// <summary>Bytes of prompt embeddings to keep; 0 keeps none. Default 256 MiB.</summary>
    public long CacheBytes { get; set; } = 256L << 20;

    internal IEnumerable<string> Validate()
    {
        const int Limit = PromptTemplate.TextToImageMaxLength;
        if (MaxSequenceLength is < 1 or > Limit)
        {
            yield return $"{Section}:{nameof(MaxSequenceLength)} is {MaxSequenceLength}; 1 to {Limit} are allowed";
        }
        if (DefaultMaxSequenceLength < 1 || DefaultMaxSequenceLength > Math.Max(1, MaxSequenceLength))
        {
            yield return $"{Section}:{nameof(DefaultMaxSequenceLength)} is {DefaultMaxSequenceLength}; "
                + $"1 to {Section}:{nameof(MaxSequenceLength)} ({MaxSequenceLength}) are allowed";
        }
        if (MaxPrompts is < 1 or > 1024)
        {
            yield return $"{Section}:{nameof(MaxPrompts)} is {MaxPrompts}; 1 to 1024 are allowed";
        }
        if (MaxImages is < 1 or > 64)
        {
            yield return $"{Section}:{nameof(MaxImages)} is {MaxImages}; 1 to 64 are allowed";
        }
        if (MaxImagePixels is < 1 or > 1 << 29)
        {
            yield return $"{Section}:{nameof(MaxImagePixels)} is {MaxImagePixels}; 1 to {1 << 29} are allowed";
        }
        if (MaxPromptLength is < 1 or > 1 << 20)
        {
            yield return $"{Section}:{nameof(MaxPromptLength)} is {MaxPromptLength}; 1 to {1 << 20} are allowed";
        }
        if (CacheBytes < 0)
        {
            yield return $"{Section}:{nameof(CacheBytes)} is {CacheBytes}; it cannot be negative";
        }
    }
}
