using System.Text.Json;
using QwenMesh.Imaging;
using QwenMesh.Testing.Clients;

namespace QwenMesh.Mesh.Tests.Clients;

/// <summary>Clients of others draw a picture, edit it and inpaint what comes of it, against the real mesh.</summary>
[Collection(MeshCollection.Name)]
public sealed class RealClientTests(MeshFixture mesh)
{
    private const int Seed = 11;

    /// <summary>Of a client that cannot say a seed: not every seed's picture has the background that was asked for.</summary>
    private const int MostPictures = 5;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_vendors_client_for_dotnet_draws_edits_and_inpaints() =>
        await CheckAsync(512, 4, call => DotNetClient.DrawAsync(mesh.Http.BaseAddress!, call, Token), MostPictures);

    // References are encoded at an area of 1024 squared; the checkpoint knows the background at that size (EditFollowingTests).
    [Fact]
    public async Task The_vendors_client_for_JavaScript_draws_edits_and_inpaints()
    {
        var edited = await CheckAsync(1024, 10, async call => Picture(call, await ClientProgram.RunNodeAsync(call.Setup(Gateway, Seed), Token)));
        Assert.Equal("white", new PaletteVotes(edited).Border);
    }

    [Fact]
    public async Task Requests_of_Python_draw_edit_and_inpaint() =>
        await CheckAsync(512, 4, async call => Picture(call, await ClientProgram.RunPythonAsync(call.Setup(Gateway, Seed), Token)));

    private string Gateway => mesh.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);

    /// <returns>The edited picture, before it is inpainted.</returns>
    private static async Task<RgbImage> CheckAsync(int side, int steps, Func<ClientCall, Task<byte[]>> drawAsync, int most = 1)
    {
        var (drawn, background) = (Array.Empty<byte>(), "");
        for (var pictures = 0; pictures < most && background != "blue"; pictures++)
        {
            drawn = await drawAsync(new ClientCall("generate", "a big red circle on a blue background", side, steps));
            background = new PaletteVotes(Decode(drawn, side)).Border;
        }
        Assert.Equal("blue", background);
        var file = await drawAsync(new ClientCall("edit", "Make the background white", side, steps, drawn));
        var edited = Decode(file, side);
        var inpainted = Decode(await drawAsync(new ClientCall("inpaint", "Make the circle yellow", side, steps, file, Scene.TransparentMiddle(side, side))), side);
        CheckOnlyTheMiddleChanged(edited, inpainted);
        return edited;
    }

    private static void CheckOnlyTheMiddleChanged(RgbImage before, RgbImage after)
    {
        var (mask, inside, kept) = (Scene.MiddleMask(before.Width, before.Height), 0, 0);
        for (var i = 0; i < before.Width * before.Height; i++)
        {
            var same = after.Pixels.Span.Slice(3 * i, 3).SequenceEqual(before.Pixels.Span.Slice(3 * i, 3));
            var isDrawn = mask.Pixels.Span[3 * i] == 255;
            Assert.True(same || isDrawn, $"pixel {i % before.Width}, {i / before.Width} outside the mask has changed");
            (inside, kept) = (inside + (isDrawn ? 1 : 0), kept + (isDrawn && same ? 1 : 0));
        }
        Assert.True(kept < inside / 2, $"{kept} of {inside} pixels inside the mask are the original's");
    }

    private static byte[] Picture(ClientCall call, IReadOnlyDictionary<string, JsonElement> answers)
    {
        var answer = answers[call.Case];
        Assert.True(answer.TryGetProperty("images", out var images) && images.ValueKind == JsonValueKind.Array, answer.GetRawText());
        return Assert.Single(images.EnumerateArray()).GetBytesFromBase64();
    }

    private static RgbImage Decode(byte[] file, int side)
    {
        var picture = new VipsDecoder().Decode(file, new ImageLimits());
        Assert.Equal((side, side), (picture.Width, picture.Height));
        return picture;
    }
}
