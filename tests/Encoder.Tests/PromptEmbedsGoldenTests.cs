using System.Runtime.InteropServices;
using QwenMesh.Encoder.Caching;
using QwenMesh.Encoder.Prompting;
using QwenMesh.Testing;

namespace QwenMesh.Encoder.Tests;

/// <summary>Prompt embeddings of every pipeline that uses the text-to-image template.</summary>
public sealed class PromptEmbedsGoldenTests
{
    private const double Tolerance = 2e-5;

    public static IEnumerable<object[]> Cases => GoldenCase.Of(
        "QwenImagePipeline", "QwenImageImg2ImgPipeline", "QwenImageInpaintPipeline", "QwenImageControlNetPipeline");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public async Task Prompt_and_negative_prompt_give_the_recorded_embeddings(string name)
    {
        using var golden = GoldenCase.Open(name);
        using var tiny = new TinyEncoder(golden.ModelFolder, cacheBytes: 0); // the two prompts may be the same
        string?[] prompts = [golden.Prompt, golden.IsGuided ? golden.NegativePrompt : null];
        for (var i = 0; i < prompts.Length; i++)
        {
            // Unguided cases have no second prompt; guided ones must have it.
            Assert.Equal(prompts[i] is not null, golden.Tensors.Has($"prompt.{i}.embeds"));
            if (prompts[i] is { } prompt)
            {
                var encoded = await tiny.Encoder.EncodeAsync(
                    PromptTemplate.TextToImage, prompt, golden.MaxSequenceLength, TinyEncoder.EnterAsync, default);
                TensorAssert.Close(
                    golden.Tensors[$"prompt.{i}.embeds"], MemoryMarshal.Cast<byte, float>(encoded.Embeds.Bytes.Span), Tolerance);
                Assert.Equal(CacheOutcome.Computed, encoded.Outcome);
            }
        }
        Assert.Equal(0, tiny.Backend.LiveTensors);
    }
}
