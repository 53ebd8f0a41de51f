using QwenMesh.Encoder.Pictures;
using QwenMesh.Encoder.Prompting;
using QwenMesh.Testing;

namespace QwenMesh.Encoder.Tests;

/// <summary>Prompt embeddings of every pipeline, from the prompt and the input pictures.</summary>
public sealed class PromptEmbedsGoldenTests
{
    private const double Tolerance = 2e-5;

    private static readonly Dictionary<string, PromptTemplate> Templates = new()
    {
        ["QwenImagePipeline"] = PromptTemplate.TextToImage,
        ["QwenImageImg2ImgPipeline"] = PromptTemplate.TextToImage,
        ["QwenImageInpaintPipeline"] = PromptTemplate.TextToImage,
        ["QwenImageControlNetPipeline"] = PromptTemplate.TextToImage,
        ["QwenImageEditPipeline"] = PromptTemplate.Edit,
        ["QwenImageEditInpaintPipeline"] = PromptTemplate.Edit,
        ["QwenImageEditPlusPipeline"] = PromptTemplate.EditPlus,
    };

    public static IEnumerable<object[]> Cases => GoldenCase.Of([.. Templates.Keys]);

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Prompt_and_negative_prompt_give_the_recorded_embeddings(string name)
    {
        using var golden = GoldenCase.Open(name);
        using var tiny = new TinyEncoder(golden.ModelFolder);
        var template = Templates[golden.Pipeline];
        string[] prompts = golden.IsGuided ? [golden.Prompt, golden.NegativePrompt!] : [golden.Prompt];

        var encoded = tiny.Encode(template, prompts, golden.MaxSequenceLength, Pictures(golden, template));

        for (var i = 0; i < 2; i++)
        {
            // Unguided cases have no second prompt; guided ones must have it.
            Assert.Equal(i < prompts.Length, golden.Tensors.Has($"prompt.{i}.embeds"));
        }
        for (var i = 0; i < prompts.Length; i++)
        {
            TensorAssert.Close(golden.Tensors[$"prompt.{i}.embeds"], TinyEncoder.Floats(encoded[i]), Tolerance);
        }
        Assert.Equal(0, tiny.Backend.LiveTensors);
    }

    /// <summary>An inpainting case's second picture is its mask, which the text encoder does not see.</summary>
    private static ReferencePicture[] Pictures(GoldenCase golden, PromptTemplate template) =>
        [.. golden.Images.Take(template.MaxPictures).Select(file => new ReferencePicture(TestPictures.Read(file)))];
}
