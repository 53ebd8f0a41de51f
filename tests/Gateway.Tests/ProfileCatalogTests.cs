using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Tests;

public sealed class ProfileCatalogTests
{
    private static readonly ProfileCatalog Catalog = new(Options.Create(new GatewayOptions()));

    [Theory]
    [InlineData("qwen-image-nano", "QwenImageEditPlusPipeline", 64, "qwen-image-nano")]
    [InlineData("my-nano", "QwenImageEditPlusPipeline", 64, "qwen-image-nano")]
    [InlineData("Qwen-Image", "QwenImagePipeline", 16, "qwen-image")]
    [InlineData("my-fine-tune", "QwenImagePipeline", 16, "qwen-image")]
    [InlineData("Qwen-Image-2512", "QwenImagePipeline", 16, "qwen-image-2512")]
    [InlineData("Qwen/Qwen-Image-2512", "QwenImagePipeline", 16, "qwen-image-2512")]
    [InlineData("tiny-qwen-image", "QwenImagePipeline", 8, "tiny-qwen-image")]
    public void The_profile_fits_the_checkpoint(string modelId, string pipelineClass, int multiple, string expected)
    {
        var profile = Catalog.For(modelId, pipelineClass, multiple);
        Assert.Equal(expected, profile.Id);
        Assert.Equal(multiple, profile.Sizes.Multiple);
        Assert.True(profile.Answers("qwen/qwen-image"));
        Assert.Empty(profile.Validate());
    }

    [Theory]
    [InlineData("Qwen-Image-Edit", "QwenImageEditPipeline", "qwen-image-edit")]
    [InlineData("my-edits", "QwenImageEditPipeline", "qwen-image-edit")]
    [InlineData("Qwen-Image-Edit-2509", "QwenImageEditPlusPipeline", "qwen-image-edit-2509")]
    [InlineData("Qwen-Image-Edit-2511", "QwenImageEditPlusPipeline", "qwen-image-edit-2511")]
    public void The_edit_models_answer_to_the_name_of_all_of_them(string modelId, string pipelineClass, string expected)
    {
        var profile = Catalog.For(modelId, pipelineClass, 16);
        Assert.Equal(expected, profile.Id);
        Assert.True(profile.Answers("qwen/qwen-image-edit") && profile.Answers($"qwen/{expected}"));
        Assert.Empty(profile.Validate());
    }

    [Fact]
    public void The_released_models_have_their_recommended_settings()
    {
        var profile = Catalog.For("Qwen-Image", "QwenImagePipeline", 16);
        Assert.Equal((4.0, " "), (profile.Guidance, profile.NegativePrompt));
        Assert.Equal(new ImageSize(1472, 1104), profile.AspectRatios["4:3"]);
        Assert.StartsWith("低分辨率", Catalog.For("Qwen-Image-2512", "QwenImagePipeline", 16).NegativePrompt, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_adds_profiles_and_a_broken_one_is_named()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var text = """
                {"id":"mine","names":["me/mine"],"match":{"modelIds":["mine"],"pipelineClasses":[],"multiple":16},
                 "sizes":{"multiple":16,"minimum":256,"maximum":512,"default":"512x512"},"aspectRatios":{"1:1":"512x512"},"guidance":1,"scheduler":"lightning"}
                """;
            File.WriteAllText(Path.Combine(folder.FullName, "mine.json"), text);
            var options = Options.Create(new GatewayOptions { ProfileFolder = folder.FullName, Profile = "mine" });
            var catalog = new ProfileCatalog(options);
            Assert.Equal(ProfileScheduler.Lightning, catalog.For("anything", "QwenImagePipeline", 16).Scheduler);
            Assert.Null(catalog.Mismatch(16));
            Assert.Equal("Gateway:Profile 'mine' is for sizes in multiples of 16, the stages generate multiples of 64", catalog.Mismatch(64));

            File.WriteAllText(Path.Combine(folder.FullName, "mine.json"), text.Replace("\"default\":\"512x512\"", "\"default\":\"1x1\"", StringComparison.Ordinal));
            var exception = Assert.Throws<OptionsValidationException>(() => new ProfileCatalog(options));
            Assert.Contains("mine.json", exception.Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
