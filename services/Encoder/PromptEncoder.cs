using System.Diagnostics;
using System.Runtime.InteropServices;
using QwenMesh.Encoder.Caching;
using QwenMesh.Encoder.Prompting;
using QwenMesh.Encoder.TextModel;
using QwenMesh.Encoder.Tokenization;
using QwenMesh.Tensors;
using QwenMesh.StageHost;

namespace QwenMesh.Encoder;

/// <summary>Prompt to conditioning: fill the template, tokenise, cut, run the text model, drop the template's rows.</summary>
internal sealed class PromptEncoder(
    QwenTokenizer tokenizer, TextTransformer transformer, TensorBackend backend, EmbeddingCache cache, EncoderInstrumentation telemetry)
{
    /// <param name="maxSequenceLength">Rows of the conditioning at most.</param>
    /// <param name="enterAsync">Waits for a slot to compute in; the slot is disposed afterwards. Not called when nothing is computed.</param>
    public async Task<EncodedPrompt> EncodeAsync(
        PromptTemplate template, string prompt, int maxSequenceLength, Func<CancellationToken, Task<IDisposable>> enterAsync,
        CancellationToken cancellationToken)
    {
        var (ids, isCut) = Tokenize(template, prompt, maxSequenceLength);
        var (embeds, outcome) = await cache.GetOrComputeAsync(
            new EmbeddingKey(ids, template.DroppedTokens),
            async abandoned =>
            {
                using var slot = await enterAsync(abandoned);
                var computed = Run(ids, template.DroppedTokens, abandoned);
                telemetry.RecordRun(ids.Count, computed.ComputeTime);
                return computed;
            },
            cancellationToken);
        telemetry.RecordPrompt(outcome);
        return new EncodedPrompt(embeds, isCut, outcome);
    }

    /// <summary>
    /// Token ids of the filled template, without those whose rows would be cut afterwards: attention is causal, so no row depends on a later
    /// token. The cut may remove the template's end, as in the reference (docs/model.md 2.4).
    /// </summary>
    public (List<int> Ids, bool IsCut) Tokenize(PromptTemplate template, string prompt, int maxSequenceLength)
    {
        using var span = telemetry.StartTokenize(prompt.Length);
        var ids = tokenizer.Encode(template.Fill(prompt));
        var kept = Math.Min(template.MaxTokens, template.DroppedTokens + maxSequenceLength);
        var isCut = ids.Count > kept;
        if (isCut)
        {
            ids.RemoveRange(kept, ids.Count - kept);
        }
        span?.SetTag("qwenmesh.tokens", ids.Count);
        return (ids, isCut);
    }

    /// <summary>The model's last hidden states after its final norm, without the first rows.</summary>
    /// <exception cref="NotFiniteException">The weights gave NaN.</exception>
    public PromptEmbeds Run(List<int> ids, int dropped, CancellationToken cancellationToken)
    {
        using var span = telemetry.StartRun(ids.Count);
        var started = Stopwatch.GetTimestamp();
        using var hidden = transformer.Run(ids, cancellationToken); // [ids, hidden]
        var rows = ids.Count - dropped;
        var bytes = new byte[rows * hidden.Shape.Columns * sizeof(float)];
        backend.Read(hidden.Rows(dropped, rows), MemoryMarshal.Cast<byte, float>(bytes.AsSpan()));
        FiniteResult.Require(MemoryMarshal.Cast<byte, float>(bytes.AsSpan()), "the embeddings");
        return new PromptEmbeds(rows, hidden.Shape.Columns, bytes, Stopwatch.GetElapsedTime(started));
    }
}

/// <summary>The answer to one call.</summary>
/// <param name="IsCut">Whether tokens were cut off.</param>
internal sealed record EncodedPrompt(PromptEmbeds Embeds, bool IsCut, CacheOutcome Outcome);
