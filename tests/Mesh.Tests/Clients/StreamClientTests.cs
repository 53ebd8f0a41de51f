using System.Text.Json;
using QwenMesh.Imaging;
using QwenMesh.Testing.Clients;

namespace QwenMesh.Mesh.Tests.Clients;

/// <summary>Clients of others read streams with partial images, and fetch pictures by their addresses, from the real mesh.</summary>
[Collection(MeshCollection.Name)]
public sealed class StreamClientTests(MeshFixture mesh)
{
    private const int Side = 512;

    // Enough that a preview is decoded long before the last step, but for a Vae that stands still meanwhile.
    private const int Steps = 60, Attempts = 5;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_vendors_client_for_JavaScript_reads_streams_and_addresses() => Check(await RunAsync(() => ClientProgram.RunNodeAsync(Setup(), Token)));

    [Fact]
    public async Task Requests_of_Python_read_streams_and_addresses() => Check(await RunAsync(() => ClientProgram.RunPythonAsync(Setup(), Token)));

    private object Setup() => new
    {
        gateway = mesh.Http.BaseAddress!.GetLeftPart(UriPartial.Authority),
        cases = new[] { "stream", "streamedEdit", "url" },
        first = Convert.ToBase64String(Scene.Png(Scene.Disc(Side, Side, "blue", "red"))),
        fields = new { prompt = "a big red circle on a blue background", size = $"{Side}x{Side}", num_inference_steps = Steps, seed = 11 },
    };

    // Until both streams had a partial image: a picture does not wait for those that are late.
    private static async Task<IReadOnlyDictionary<string, JsonElement>> RunAsync(Func<Task<IReadOnlyDictionary<string, JsonElement>>> clientAsync)
    {
        for (var attempt = 1; ; attempt++)
        {
            var answers = await clientAsync();
            if (attempt == Attempts || new[] { "stream", "streamedEdit" }.All(name => !answers[name].TryGetProperty("events", out var events) || events.GetArrayLength() > 1))
            {
                return answers;
            }
        }
    }

    private static void Check(IReadOnlyDictionary<string, JsonElement> answers)
    {
        var drawn = CheckStream(answers["stream"], "image_generation");
        Assert.Equal("blue", new PaletteVotes(Decode(drawn)).Border);
        CheckStream(answers["streamedEdit"], "image_edit");
        // The same seed and the same picture, whichever way it comes.
        Assert.Equal(drawn, Assert.Single(Images(answers["url"])));
    }

    private static byte[] CheckStream(JsonElement answer, string name)
    {
        var images = Images(answer);
        var events = answer.GetProperty("events").EnumerateArray().Select(one => one.GetProperty("type").GetString()).ToArray();
        Assert.InRange(events.Length, 2, 3);
        Assert.Equal([.. Enumerable.Repeat($"{name}.partial_image", events.Length - 1), $"{name}.completed"], events);
        Assert.Equal(Enumerable.Range(0, events.Length - 1), answer.GetProperty("events").EnumerateArray().SkipLast(1).Select(one => one.GetProperty("index").GetInt32()));
        // Previews are pictures of their own, on the way to the last one.
        Assert.Equal(images.Count, images.Select(Convert.ToBase64String).Distinct(StringComparer.Ordinal).Count());
        Assert.All(images, image => Decode(image));
        return images[^1];
    }

    private static List<byte[]> Images(JsonElement answer)
    {
        Assert.True(answer.TryGetProperty("images", out var images) && images.ValueKind == JsonValueKind.Array, answer.GetRawText());
        return [.. images.EnumerateArray().Select(image => image.GetBytesFromBase64())];
    }

    private static RgbImage Decode(byte[] file)
    {
        var picture = new VipsDecoder().Decode(file, new ImageLimits());
        Assert.Equal((Side, Side), (picture.Width, picture.Height));
        return picture;
    }
}
