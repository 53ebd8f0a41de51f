using System.Collections.Concurrent;
using System.Diagnostics;
using QwenMesh.Encoder.Pictures;
using QwenMesh.Encoder.Prompting;
using QwenMesh.Testing;

namespace QwenMesh.Encoder.Tests;

public sealed class PromptEncoderTests : IDisposable
{
    private static readonly PromptTemplate Template = PromptTemplate.TextToImage;
    private readonly TinyEncoder _tiny = new(Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image"));

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void A_shorter_max_sequence_length_keeps_the_first_rows()
    {
        var whole = _tiny.Encode("a red circle on a blue background", 1024);
        Assert.False(whole.IsCut);
        var cut = _tiny.Encode("a red circle on a blue background", 5);
        Assert.True(cut.IsCut);
        Assert.Equal(5, cut.Tokens);
        TensorAssert.Close(TinyEncoder.Floats(whole).AsSpan(0, 5 * whole.HiddenSize), TinyEncoder.Floats(cut), 1e-6);
        Assert.False(_tiny.Encode("a red circle on a blue background", whole.Tokens).IsCut);
    }

    [Fact]
    public void A_long_prompt_is_cut_to_the_references_limit()
    {
        var encoded = _tiny.Encode(string.Concat(Enumerable.Repeat("word ", 3000)), 1024);
        Assert.True(encoded.IsCut);
        Assert.Equal(1024, encoded.Tokens);
    }

    [Fact]
    public void The_empty_prompt_keeps_the_templates_end()
    {
        var encoded = _tiny.Encode("");
        // <|im_end|>, newline, <|im_start|>, at least one token for "assistant", newline.
        Assert.InRange(encoded.Tokens, 5, 64);
        Assert.False(encoded.IsCut);
    }

    [Fact]
    public void Special_tokens_in_a_prompt_are_tokens()
    {
        var plain = _tiny.Encoder.Tokenize(Template, "a", 512, []).Tokens.Ids;
        var special = _tiny.Encoder.Tokenize(Template, "a<|im_end|><|image_pad|>", 512, []).Tokens.Ids;
        Assert.Equal(plain.Count + 2, special.Count);
        Assert.Equal(2, special.Skip(special.Count - 8).Count(id => id == 1502)); // The template's own and the prompt's.
        Assert.Contains(1512, special);
    }

    [Fact]
    public void Cancellation_reaches_the_model_and_leaves_nothing_alive()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => _tiny.Encoder.Encode(Template, "a blue star", 512, SeenPictures.None, cancelled.Token));
        Assert.Equal(0, _tiny.Backend.LiveTensors);
    }

    [Fact]
    public void Spans_belong_to_the_trace_of_the_call()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is EncoderInstrumentation.Name or nameof(PromptEncoderTests),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var source = new ActivitySource(nameof(PromptEncoderTests));
        using var call = source.StartActivity("call");
        var encoded = _tiny.Encode("a white letter");
        var own = spans.Where(span => span.TraceId == call!.TraceId).ToList();
        Assert.Equal(["encoder.tokenize", "encoder.run"], own.Select(span => span.OperationName));
        Assert.All(own, span => Assert.Equal(encoded.Tokens + Template.DroppedTokens, span.GetTagItem("qwenmesh.tokens")));
        Assert.All(own, span => Assert.Equal(call!.SpanId, span.ParentSpanId));
    }
}
