using System.Diagnostics;
using System.Runtime.InteropServices;
using QwenMesh.Encoder.Prompting;
using QwenMesh.Encoder.TextModel;
using QwenMesh.Encoder.Tokenization;
using QwenMesh.StageHost;
using QwenMesh.Tensors;

namespace QwenMesh.Encoder;

/// <summary>Prompt to conditioning: fill the template, tokenise, cut, run the text model, drop the template's rows.</summary>
internal sealed class PromptEncoder(QwenTokenizer tokenizer, TextTransformer transformer, TensorBackend backend, EncoderInstrumentation telemetry) : IDisposable
{
    public int HiddenSize => transformer.Config.HiddenSize;

    /// <param name="maxSequenceLength">Rows of the conditioning at most.</param>
    /// <exception cref="NotFiniteException">The weights gave NaN.</exception>
    public PromptEmbeds Encode(PromptTemplate template, string prompt, int maxSequenceLength, CancellationToken cancellationToken)
    {
        var (ids, isCut) = Tokenize(template, prompt, maxSequenceLength);
        return Run(ids, template.DroppedTokens, isCut, cancellationToken);
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
    public PromptEmbeds Run(List<int> ids, int dropped, bool isCut, CancellationToken cancellationToken)
    {
        using var span = telemetry.StartRun(ids.Count);
        var started = Stopwatch.GetTimestamp();
        using var hidden = transformer.Run(ids, cancellationToken); // [ids, hidden]
        var rows = ids.Count - dropped;
        var bytes = new byte[rows * hidden.Shape.Columns * sizeof(float)];
        backend.Read(hidden.Rows(dropped, rows), MemoryMarshal.Cast<byte, float>(bytes.AsSpan()));
        FiniteResult.Require(MemoryMarshal.Cast<byte, float>(bytes.AsSpan()), "the embeddings");
        telemetry.RecordRun(ids.Count, Stopwatch.GetElapsedTime(started));
        return new PromptEmbeds(rows, hidden.Shape.Columns, bytes, isCut);
    }

    public void Dispose() => transformer.Dispose();
}

/// <summary>Conditioning of one prompt. Shared between calls, never changed.</summary>
/// <param name="Tokens">Rows.</param>
/// <param name="HiddenSize">Columns.</param>
/// <param name="Bytes">Float32, little-endian, [tokens, hidden size].</param>
/// <param name="IsCut">Whether tokens were cut off.</param>
internal sealed record PromptEmbeds(int Tokens, int HiddenSize, ReadOnlyMemory<byte> Bytes, bool IsCut);
