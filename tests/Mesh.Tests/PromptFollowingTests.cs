using QwenMesh.Imaging;

namespace QwenMesh.Mesh.Tests;

/// <summary>The shipped checkpoint draws what the prompt asks for: the colours of background and objects, and the side an object stands on.</summary>
[Collection(MeshCollection.Name)]
public sealed class PromptFollowingTests(MeshFixture mesh)
{
    [Theory]
    [InlineData("a big red circle on a blue background", "blue", "red")]
    [InlineData("a big yellow square on a black background", "black", "yellow")]
    [InlineData("a big green heart on a white background", "white", "green")]
    [InlineData("a big purple diamond on a yellow background", "yellow", "purple")]
    [InlineData("a small pink circle on a black background", "black", "pink")]
    [InlineData("A picture of a yellow star at the top on a black background", "black", "yellow")]
    [InlineData("a cyan ring at the bottom on a purple background", "purple", "cyan")]
    [InlineData("an orange cross on the left on a green background", "green", "orange")]
    [InlineData("绿色背景，白色心形", "green", "white")]
    [InlineData("粉色背景，上方的黑色十字", "pink", "black")]
    [InlineData("白色背景，右边的紫色菱形", "white", "purple")]
    [InlineData("红色背景，黄色方形", "red", "yellow")]
    public async Task Background_and_object_have_the_colours_asked_for(string prompt, string background, string foreground)
    {
        var picture = new PaletteVotes(await DrawAsync(prompt));
        Assert.Equal(background, picture.Border);
        Assert.Equal(foreground, picture.MostBut(background, 0, 1));
    }

    [Theory]
    [InlineData("a red square on the left and a green triangle on the right on a white background", "white", "red", "green")]
    [InlineData("蓝色背景，左边的红色方形，右边的黄色圆形", "blue", "red", "yellow")]
    public async Task Two_objects_stand_on_their_sides(string prompt, string background, string left, string right)
    {
        var picture = new PaletteVotes(await DrawAsync(prompt));
        Assert.Equal(background, picture.Border);
        Assert.Equal(left, picture.MostBut(background, 0, 0.5));
        Assert.Equal(right, picture.MostBut(background, 0.5, 1));
    }

    private async Task<RgbImage> DrawAsync(string prompt)
    {
        var file = await mesh.InferAsync(new { prompt, width = 512, height = 512, steps = 20, cfg_scale = 3, seed = 3, output_format = "png" });
        return new VipsDecoder().Decode(file, new ImageLimits());
    }
}
