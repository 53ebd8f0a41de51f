using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using QwenMesh.Encoder.Caching;
using QwenMesh.Encoder.Prompting;
using QwenMesh.Testing;

namespace QwenMesh.Encoder.Tests;

public sealed class PromptEncoderTests : IDisposable
{
    private static readonly PromptTemplate Template = PromptTemplate.TextToImage;
    private readonly TinyEncoder _tiny = new(Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image"));

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public async Task A_shorter_max_sequence_length_keeps_the_first_rows()
    {
        var whole = await EncodeAsync("a red circle on a blue background", 1024);
        Assert.False(whole.IsCut);
        var cut = await EncodeAsync("a red circle on a blue background", 5);
        Assert.True(cut.IsCut);
        Assert.Equal(5, cut.Embeds.Tokens);
        TensorAssert.Close(Floats(whole).AsSpan(0, 5 * whole.Embeds.HiddenSize), Floats(cut), 1e-6);
        Assert.False((await EncodeAsync("a red circle on a blue background", whole.Embeds.Tokens)).IsCut);
    }

    [Fact]
    public async Task A_long_prompt_is_cut_to_the_references_limit()
    {
        var encoded = await EncodeAsync(string.Concat(Enumerable.Repeat("word ", 3000)), 1024);
        Assert.True(encoded.IsCut);
        Assert.Equal(1024, encoded.Embeds.Tokens);
    }

    [Fact]
    public async Task The_empty_prompt_keeps_the_templates_end()
    {
        var encoded = await EncodeAsync("", 512);
        // <|im_end|>, newline, <|im_start|>, at least one token for "assistant", newline.
        Assert.InRange(encoded.Embeds.Tokens, 5, 64);
        Assert.False(encoded.IsCut);
    }

    [Fact]
    public void Special_tokens_in_a_prompt_are_tokens()
    {
        var (plain, _) = _tiny.Encoder.Tokenize(Template, "a", 512);
        var (special, _) = _tiny.Encoder.Tokenize(Template, "a<|im_end|><|image_pad|>", 512);
        Assert.Equal(plain.Count + 2, special.Count);
        Assert.Equal(2, special.Skip(special.Count - 8).Count(id => id == 1502)); // The template's own and the prompt's.
        Assert.Contains(1512, special);
    }

    [Fact]
    public async Task The_same_prompt_comes_from_the_cache_and_another_length_does_not()
    {
        var first = await EncodeAsync("a green square", 512);
        var second = await EncodeAsync("a green square", 512);
        Assert.Equal((CacheOutcome.Computed, CacheOutcome.Hit), (first.Outcome, second.Outcome));
        Assert.Same(first.Embeds, second.Embeds);
        Assert.Equal(CacheOutcome.Computed, (await EncodeAsync("a green square", 3)).Outcome);
        // Not cut either way: the same tokens, the same rows.
        Assert.Equal(CacheOutcome.Hit, (await EncodeAsync("a green square", 511)).Outcome);
    }

    [Fact]
    public async Task Cancellation_reaches_the_model_and_leaves_nothing_alive()
    {
        using var cancelled = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _tiny.Encoder.EncodeAsync(
            Template, "a blue star", 512,
            async token =>
            {
                await cancelled.CancelAsync();
                await Task.Delay(Timeout.Infinite, token).ContinueWith(_ => { }, TaskScheduler.Default);
                return new CancellationTokenSource();
            },
            cancelled.Token));
        Assert.Equal(CacheOutcome.Computed, (await EncodeAsync("a blue star", 512)).Outcome);
        Assert.Equal(0, _tiny.Backend.LiveTensors);
    }

    [Fact]
    public async Task Spans_belong_to_the_trace_of_the_call()
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
        var encoded = await EncodeAsync("a white letter", 512);
        var own = spans.Where(span => span.TraceId == call!.TraceId).ToList();
        Assert.Equal(["encoder.tokenize", "encoder.run"], own.Select(span => span.OperationName));
        Assert.All(own, span => Assert.Equal(encoded.Embeds.Tokens + Template.DroppedTokens, span.GetTagItem("qwenmesh.tokens")));
        Assert.All(own, span => Assert.Equal(call!.SpanId, span.ParentSpanId));
    }

    private Task<EncodedPrompt> EncodeAsync(string prompt, int length) =>
        _tiny.Encoder.EncodeAsync(Template, prompt, length, TinyEncoder.EnterAsync, TestContext.Current.CancellationToken);

    private static float[] Floats(EncodedPrompt encoded) => MemoryMarshal.Cast<byte, float>(encoded.Embeds.Bytes.Span).ToArray();
}
