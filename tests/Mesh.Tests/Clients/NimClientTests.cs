using System.Text.Json;
using QwenMesh.Imaging;
using QwenMesh.Testing.Clients;

namespace QwenMesh.Mesh.Tests.Clients;

/// <summary>A client of NIM in the shell, as NVIDIA's samples are, against the real mesh.</summary>
[Collection(MeshCollection.Name)]
public sealed class NimClientTests(MeshFixture mesh)
{
    private const int Side = 1024;

    [Fact]
    public async Task Curl_draws_polls_for_the_same_picture_and_edits_it_as_an_asset()
    {
        var drawn = await RunAsync(["generate", "poll"], "a big red circle on a blue background");
        Assert.Equal(["200"], Statuses(drawn["generate"]));
        var polled = Statuses(drawn["poll"]);
        Assert.Equal(("202", "200"), (polled[0], polled[^1]));
        Assert.All(polled[..^1], status => Assert.Equal("202", status));
        var picture = Picture(drawn["generate"]);
        Assert.Equal(picture, Picture(drawn["poll"]));
        Assert.Equal("blue", new PaletteVotes(Decode(picture)).Border);

        var edited = await RunAsync(["edit"], "Make the background white", picture);
        Assert.Equal(["200", "200", "200", "204", "422"], Statuses(edited["edit"])); // Created, put, drawn, deleted, not drawn again.
        Assert.Equal("white", new PaletteVotes(Decode(Picture(edited["edit"]))).Border);
    }

    private Task<IReadOnlyDictionary<string, JsonElement>> RunAsync(string[] cases, string prompt, byte[]? picture = null) => ClientProgram.RunShellAsync(
        "nim.sh",
        new
        {
            gateway = mesh.Http.BaseAddress!.GetLeftPart(UriPartial.Authority),
            cases,
            first = Convert.ToBase64String(picture ?? []),
            fields = new { prompt, width = Side, height = Side, steps = 10, seed = 11, output_format = "png" },
        },
        TestContext.Current.CancellationToken);

    private static string[] Statuses(JsonElement answer) => [.. answer.GetProperty("statuses").EnumerateArray().Select(status => status.GetString()!)];

    private static byte[] Picture(JsonElement answer) => Assert.Single(answer.GetProperty("images").EnumerateArray()).GetBytesFromBase64();

    private static RgbImage Decode(byte[] file)
    {
        var picture = new VipsDecoder().Decode(file, new ImageLimits());
        Assert.Equal((Side, Side), (picture.Width, picture.Height));
        return picture;
    }
}
