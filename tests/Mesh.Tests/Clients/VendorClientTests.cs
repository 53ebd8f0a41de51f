using System.Text.Json;
using QwenMesh.Imaging;
using QwenMesh.Testing.Clients;

namespace QwenMesh.Mesh.Tests.Clients;

/// <summary>The calls of each vendor's documents, by programs as his customers have them, against the real mesh. Each draws pictures and edits one.</summary>
[Collection(MeshCollection.Name)]
public sealed class VendorClientTests(MeshFixture mesh)
{
    private const int Side = 512;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Oxen_with_curl_and_awk()
    {
        var answers = await BashAsync("oxen.sh");
        Assert.Equal(["sync", "queue", "events", "model"], answers.Keys);
        foreach (var name in new[] { "sync", "queue", "events" })
        {
            Check(answers[name], 1024, ImageFormat.Png);
        }
        Assert.Equal(("succeeded", "succeeded"), (Status(answers["queue"]), Status(answers["events"])));
        Assert.Contains("input_image", answers["model"].GetProperty("required").EnumerateArray().Select(name => name.GetString()));
    }

    [Fact]
    public async Task WaveSpeed_with_curl()
    {
        var answers = await BashAsync("wavespeed.sh");
        Check(answers["draw"], Side, ImageFormat.Png);
        Check(answers["edit"], 1024, ImageFormat.Jpeg);
        Assert.All(answers.Values, answer => Assert.Equal("completed", Status(answer)));
    }

    [Fact]
    public async Task Novita_with_curl()
    {
        var answers = await BashAsync("novita.sh");
        Check(answers["draw"], Side, ImageFormat.Jpeg);
        Check(answers["edit"], 1024, ImageFormat.Png);
        Assert.All(answers.Values, answer => Assert.Equal("TASK_STATUS_SUCCEED", Status(answer)));
    }

    [Fact]
    public async Task DashScope_with_curl()
    {
        var answers = await BashAsync("dashscope.sh");
        Check(answers["draw"], Side, ImageFormat.Png);
        Check(answers["edit"], Side, ImageFormat.Png);
        Check(answers["task"], 1328, ImageFormat.Png);
        Assert.Equal("SUCCEEDED", Status(answers["task"]));
    }

    [Fact]
    public async Task WaveSpeed_and_Novita_with_Python()
    {
        var answers = await ClientProgram.RunPythonAsync(Setup(), Token, "tasks.py");
        Check(answers["wavespeed draw"], Side, ImageFormat.Png);
        Check(answers["wavespeed edit"], Side, ImageFormat.WebP);
        Check(answers["novita draw"], Side, ImageFormat.Jpeg);
        Check(answers["novita edit"], 1024, ImageFormat.Jpeg);
        Assert.Equal(["TASK_STATUS_SUCCEED", "completed"], answers.Values.Select(Status).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Fal_with_its_own_client()
    {
        var answers = await ClientProgram.RunNodeAsync(Setup(), Token, "fal.mjs");
        foreach (var name in new[] { "run", "subscribe", "stream" })
        {
            Check(answers[name], Side, ImageFormat.Png);
        }
        Assert.Equal("COMPLETED", answers["subscribe"].GetProperty("statuses").EnumerateArray().Last().GetString());
        Assert.Equal(2, answers["queue"].GetProperty("images").GetArrayLength());
        Assert.Equal("""{"case":"refused","error":"ValidationError","status":422,"fields":["body.num_images"]}""", answers["refused"].GetRawText());
    }

    [Fact]
    public async Task Replicate_with_its_own_client()
    {
        var answers = await ClientProgram.RunNodeAsync(Setup(), Token, "replicate.mjs");
        Check(answers["run"], Side, ImageFormat.Png);
        Check(answers["poll"], 1024, ImageFormat.Png);
        Assert.Equal("succeeded", answers["poll"].GetProperty("statuses").EnumerateArray().Last().GetString());
        Assert.Equal("canceled", Status(answers["cancel"]));
        Assert.Equal(
            ["qwen/qwen-image", "qwen/qwen-image-edit-plus", "qwen/qwen-image-2512"], answers["cancel"].GetProperty("listed").EnumerateArray().Select(name => name.GetString()).Take(3));
        Assert.Equal(("ApiError", 422), (answers["refused"].GetProperty("error").GetString(), answers["refused"].GetProperty("status").GetInt32()));
    }

    private object Setup() => new
    {
        gateway = mesh.Http.BaseAddress!.GetLeftPart(UriPartial.Authority),
        prompt = "a big red circle on a blue background",
        instruction = "Make the background white",
        side = Side,
        picture = Convert.ToBase64String(Scene.Png(Scene.Disc(Side, Side, "blue", "red"))),
    };

    private Task<IReadOnlyDictionary<string, JsonElement>> BashAsync(string program) => ClientProgram.RunShellAsync(program, Setup(), Token);

    private static string Status(JsonElement answer) => answer.GetProperty("status").GetString()!;

    private static void Check(JsonElement answer, int side, ImageFormat format)
    {
        foreach (var image in answer.GetProperty("images").EnumerateArray())
        {
            var file = image.GetBytesFromBase64();
            var picture = new VipsDecoder().Decode(file, new ImageLimits());
            Assert.Equal((side, side, format), (picture.Width, picture.Height, ImageFormats.Sniff(file)));
            // A picture of something: not one grey.
            Assert.True(picture.Pixels.Span.ToArray().Distinct().Count() > 8, "the picture is empty");
        }
    }
}
