using QwenMesh.Encoder.Pictures;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost.Calls;
using QwenMesh.TensorWire;

namespace QwenMesh.Encoder;

/// <summary>
/// The prompts of one call, a prompt a part. One that another call has encoded while this one waited is taken from the cache. The vision tower runs
/// once, when the first prompt needs it.
/// </summary>
internal sealed class EncodeSession(
    PromptEncoder encoder, EncodeCache cache, EncoderInstrumentation telemetry, EncodeJob job, StageOutput<EncodeResponse> output) : IStageSession
{
    private readonly List<(PromptEmbeds Embeds, bool Cached)> _done = [];
    private SeenPictures? _pictures;

    public bool Advance(CancellationToken cancellation)
    {
        var key = job.Prompts[_done.Count];
        var embeds = cache.Find(key);
        var cached = embeds is not null;
        if (embeds is null)
        {
            embeds = Compute(key, cancellation);
            cache.Keep(key, embeds);
        }
        telemetry.RecordPrompt(cached);
        _done.Add((embeds, cached));
        if (_done.Count < job.Prompts.Count)
        {
            return true;
        }
        Answer(output, _done);
        return false;
    }

    public void Dispose() => _pictures?.Dispose();

    /// <summary>Path of a prompt in a request.</summary>
    public static string Field(int prompt) => $"parameters.prompts[{prompt}]";

    /// <summary>Posts the summary, and every prompt's embeddings.</summary>
    public static void Answer(StageOutput<EncodeResponse> output, IReadOnlyList<(PromptEmbeds Embeds, bool Cached)> prompts)
    {
        var summary = new EncodeSummary();
        summary.Prompts.AddRange(prompts.Select(
            prompt => new EncodedPrompt { Tokens = prompt.Embeds.Tokens, Truncated = prompt.Embeds.IsCut, Cached = prompt.Cached }));
        output.Post(new EncodeResponse { Summary = summary });
        for (var i = 0; i < prompts.Count; i++)
        {
            var embeds = prompts[i].Embeds;
            output.Post(new OutgoingTensor("prompt_embeds", DataType.Float32, [embeds.Tokens, embeds.HiddenSize], embeds.Bytes, i));
        }
    }

    private PromptEmbeds Compute(EncodeKey key, CancellationToken cancellation)
    {
        try
        {
            _pictures ??= encoder.See(key.Template, job.Pictures, cancellation);
            return encoder.Encode(key.Template, key.Prompt, key.MaxSequenceLength, _pictures, cancellation);
        }
        catch (PromptException refused)
        {
            throw new WireFormatException($"prompt {_done.Count}: {refused.Message}", Field(_done.Count));
        }
    }
}
