using System.Diagnostics;
using System.Runtime.InteropServices;
using QwenMesh.Encoder.Pictures;
using QwenMesh.Encoder.Prompting;
using QwenMesh.Encoder.Qwen25Vl;
using QwenMesh.Encoder.Tokenization;
using QwenMesh.StageHost;
using QwenMesh.Tensors;

namespace QwenMesh.Encoder;

/// <summary>
/// Prompts to conditioning: run the vision tower over the pictures; for each prompt fill the template, tokenise, cut, run the text model, drop the
/// template's rows.
/// </summary>
/// <param name="processor">Null when the model has no vision tower.</param>
internal sealed class PromptEncoder(
    QwenTokenizer tokenizer, Qwen25VlModel model, PictureProcessor? processor, TensorBackend backend, EncoderInstrumentation telemetry) : IDisposable
{
    public int HiddenSize => model.Text.Config.HiddenSize;

    /// <summary>Whether the templates with pictures can be used.</summary>
    public bool SeesPictures => processor is not null && model.Vision is not null;

    /// <summary>The rows that a picture of this size becomes.</summary>
    /// <exception cref="PromptException">The picture is too narrow.</exception>
    public PatchGrid Grid(PromptTemplate template, int width, int height) => Processor.Grid(width, height, template.PictureArea);

    /// <summary>Runs the vision tower over each picture.</summary>
    /// <exception cref="PromptException">A picture is too narrow.</exception>
    public SeenPictures See(PromptTemplate template, IReadOnlyList<ReferencePicture> pictures, CancellationToken cancellationToken)
    {
        if (pictures.Count == 0)
        {
            return SeenPictures.None;
        }
        PatchGrid[] grids = [.. pictures.Select(picture => Grid(template, picture.Image.Width, picture.Image.Height))];
        using var span = telemetry.StartVision(grids.Length, grids.Sum(grid => grid.Squares));
        var started = Stopwatch.GetTimestamp();
        var seen = new List<Tensor>();
        try
        {
            foreach (var (picture, grid) in pictures.Zip(grids))
            {
                seen.Add(model.Vision!.Run(Processor.Patches(picture.Image, template.PictureArea), grid, cancellationToken));
            }
        }
        catch
        {
            seen.ForEach(rows => rows.Dispose());
            throw;
        }
        telemetry.RecordVision(Stopwatch.GetElapsedTime(started));
        return new SeenPictures(grids, seen);
    }

    /// <param name="template">Conversation around the prompt.</param>
    /// <param name="prompt">As the user wrote it.</param>
    /// <param name="maxSequenceLength">Rows of the conditioning at most, where the template cuts.</param>
    /// <param name="pictures">What <see cref="See"/> gave for this template.</param>
    /// <param name="cancellationToken">Looked at before every layer.</param>
    /// <exception cref="PromptException">The prompt is too long with its pictures.</exception>
    /// <exception cref="NotFiniteException">The weights gave NaN.</exception>
    public PromptEmbeds Encode(
        PromptTemplate template, string prompt, int maxSequenceLength, SeenPictures pictures, CancellationToken cancellationToken)
    {
        var (tokens, isCut) = Tokenize(template, prompt, maxSequenceLength, pictures.Grids);
        return Run(tokens, isCut, pictures.Rows, template.DroppedTokens, cancellationToken);
    }

    /// <summary>
    /// Token ids of the filled template, without those whose rows would be cut afterwards: attention is causal, so no row depends on a later
    /// token. The cut may remove the template's end, as in the reference (docs/model.md 2.4).
    /// </summary>
    /// <exception cref="PromptException">Too many tokens for a template that does not cut.</exception>
    public (TokenSequence Tokens, bool IsCut) Tokenize(
        PromptTemplate template, string prompt, int maxSequenceLength, IReadOnlyList<PatchGrid> grids)
    {
        using var span = telemetry.StartTokenize(prompt.Length);
        var tokens = Expand(tokenizer.Encode(template.Fill(prompt, grids.Count)), grids);
        var kept = template.CutsPrompt ? Math.Min(template.MaxTokens, template.DroppedTokens + maxSequenceLength) : template.MaxTokens;
        var isCut = tokens.Ids.Count > kept;
        if (isCut && !template.CutsPrompt)
        {
            throw new PromptException(
                $"a prompt has {tokens.Ids.Count - template.DroppedTokens} tokens with its pictures; at most {kept - template.DroppedTokens} are allowed");
        }
        if (isCut)
        {
            tokens.Ids.RemoveRange(kept, tokens.Ids.Count - kept);
        }
        span?.SetTag("qwenmesh.tokens", tokens.Ids.Count);
        return (tokens, isCut);
    }

    public void Dispose() => model.Dispose();

    /// <summary>Repeats the image token of each picture for every one of its rows.</summary>
    private TokenSequence Expand(List<int> ids, IReadOnlyList<PatchGrid> grids)
    {
        if (grids.Count == 0)
        {
            return TokenSequence.OfText(ids);
        }
        var (expanded, spans) = (new List<int>(), new List<PictureSpan>());
        foreach (var id in ids)
        {
            if (id != model.Vision!.Config.ImageToken)
            {
                expanded.Add(id);
                continue;
            }
            var grid = grids[spans.Count];
            spans.Add(new PictureSpan(expanded.Count, grid.Height, grid.Width));
            expanded.AddRange(Enumerable.Repeat(id, grid.Squares));
        }
        return new TokenSequence(expanded, spans);
    }

    /// <summary>The model's last hidden states after its final norm, without the first rows.</summary>
    private PromptEmbeds Run(TokenSequence tokens, bool isCut, IReadOnlyList<Tensor> pictures, int dropped, CancellationToken cancellationToken)
    {
        using var span = telemetry.StartRun(tokens.Ids.Count);
        var started = Stopwatch.GetTimestamp();
        using var hidden = model.Text.Run(tokens, pictures, cancellationToken); // [ids, hidden]
        var rows = tokens.Ids.Count - dropped;
        var bytes = new byte[rows * hidden.Shape.Columns * sizeof(float)];
        backend.Read(hidden.Rows(dropped, rows), MemoryMarshal.Cast<byte, float>(bytes.AsSpan()));
        FiniteResult.Require(MemoryMarshal.Cast<byte, float>(bytes.AsSpan()), "the embeddings");
        telemetry.RecordRun(tokens.Ids.Count, Stopwatch.GetElapsedTime(started));
        return new PromptEmbeds(rows, hidden.Shape.Columns, bytes, isCut);
    }

    private PictureProcessor Processor => processor ?? throw new PromptException("this checkpoint's text encoder sees no pictures");
}

/// <summary>Conditioning of one prompt. Shared between calls, never changed.</summary>
/// <param name="Tokens">Rows.</param>
/// <param name="HiddenSize">Columns.</param>
/// <param name="Bytes">Float32, little-endian, [tokens, hidden size].</param>
/// <param name="IsCut">Whether tokens were cut off.</param>
internal sealed record PromptEmbeds(int Tokens, int HiddenSize, ReadOnlyMemory<byte> Bytes, bool IsCut);
