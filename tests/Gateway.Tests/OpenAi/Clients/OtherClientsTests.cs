using System.Text.Json;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;
using QwenMesh.Testing.Clients;

namespace QwenMesh.Gateway.Tests.OpenAi.Clients;

/// <summary>The vendor's client for JavaScript and Python's requests draw, edit and inpaint.</summary>
public sealed class OtherClientsTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private static readonly string[] Python = ["generate", "edit", "several", "inpaint", "json", "stream", "streamedEdit", "url", "opaque"];

    [Fact]
    public async Task The_vendors_client_for_JavaScript_draws_edits_and_inpaints()
    {
        var cases = await ClientProgram.RunNodeAsync(Setup(), TestContext.Current.CancellationToken);
        Assert.Contains("qwen/qwen-image-edit", cases["models"].GetProperty("ids").EnumerateArray().Select(id => id.GetString()));
        Check(cases);
        Assert.Equal("BadRequestError", cases["opaque"].GetProperty("error").GetString());
    }

    [Fact]
    public async Task Requests_of_Python_draw_edit_and_inpaint()
    {
        var cases = await ClientProgram.RunPythonAsync(Setup(), TestContext.Current.CancellationToken);
        Assert.Equal(Python.Order(StringComparer.Ordinal), cases.Keys.Order(StringComparer.Ordinal));
        Check(cases);
        Assert.Equal([new ImageInfo(ImageFormat.Png, 512, 512)], Infos(cases["json"]));
    }

    private object Setup() => new
    {
        gateway = shared.Gateway.Http.BaseAddress!.GetLeftPart(UriPartial.Authority),
        first = Convert.ToBase64String(EditFiles.Png(10, 64, 64)),
        second = Convert.ToBase64String(EditFiles.Png(20, 64, 64)),
        mask = Convert.ToBase64String(EditFiles.Mask(64, 64)),
    };

    private static void Check(IReadOnlyDictionary<string, JsonElement> cases)
    {
        var (half, whole) = (new ImageInfo(ImageFormat.Png, 512, 512), new ImageInfo(ImageFormat.Png, 1024, 1024));
        Assert.Equal([half, half], Infos(cases["generate"]));
        Assert.Equal([half], Infos(cases["edit"]));
        Assert.Equal([whole], Infos(cases["several"]));
        Assert.Equal([half], Infos(cases["inpaint"]));
        Assert.Equal([half], Infos(cases["url"]));
        CheckStream(cases["stream"], "image_generation");
        CheckStream(cases["streamedEdit"], "image_edit");
        Assert.Equal((400, "mask"), (cases["opaque"].GetProperty("status").GetInt32(), cases["opaque"].GetProperty("param").GetString()));
        Assert.Contains("no alpha channel", cases["opaque"].GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    // The fakes draw one step, so that there is no preview to wait for.
    private static void CheckStream(JsonElement answer, string name)
    {
        Assert.Equal(new ImageInfo(ImageFormat.Png, 512, 512), Infos(answer).Last());
        Assert.Equal($"{name}.completed", answer.GetProperty("events").EnumerateArray().Last().GetProperty("type").GetString());
    }

    private static IEnumerable<ImageInfo> Infos(JsonElement answer)
    {
        Assert.True(answer.TryGetProperty("images", out var images) && images.ValueKind == JsonValueKind.Array, answer.GetRawText());
        return images.EnumerateArray().Select(image => new VipsDecoder().Probe(image.GetBytesFromBase64(), new ImageLimits()));
    }
}
