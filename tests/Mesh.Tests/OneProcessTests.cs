namespace QwenMesh.Mesh.Tests;

/// <summary>Splitting the model over four processes changes nothing: the file is the same, byte for byte.</summary>
[Collection(MeshCollection.Name)]
public sealed class OneProcessTests(MeshFixture mesh)
{
    [Theory]
    [InlineData("a big red circle on a blue background", " ", 1024, 1024, 6, 4.0, 7)]
    [InlineData("蓝色背景，左边的红色方形，右边的黄色圆形", "blurry", 1344, 768, 5, 2.5, 4294967295)]
    public async Task Four_processes_give_the_picture_of_one(
        string prompt, string negative, int width, int height, int steps, double scale, long seed)
    {
        var split = await mesh.InferAsync(new
        {
            prompt,
            negative_prompt = negative,
            width,
            height,
            steps,
            cfg_scale = scale,
            seed,
            output_format = "png",
        });
        var whole = OneProcessPipeline.Png(
            new(Repository.NanoModel, prompt, negative, width, height, steps, (float)scale, (ulong)seed), TestContext.Current.CancellationToken);
        Assert.True(split.AsSpan().SequenceEqual(whole), "the two files differ");
    }
}
