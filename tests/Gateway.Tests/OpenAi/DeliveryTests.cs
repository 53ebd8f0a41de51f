using System.IO.Compression;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Gateway.Tests.Access;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.OpenAi;

/// <summary>response_format, and the way to a picture by the answer's id.</summary>
public sealed class DeliveryTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private const string Path = "/v1/images/generations";

    [Fact]
    public async Task Addresses_lead_to_the_pictures()
    {
        var answer = await shared.Gateway.CallAsync(HttpMethod.Post, Path, """{"prompt":"x","size":"512x576","n":2,"seed":1,"response_format":"url","output_format":"webp"}""");
        Assert.Equal(200, answer.Status);
        var files = new List<byte[]>();
        foreach (var item in answer.At("data").EnumerateArray())
        {
            Assert.Equal("url", Assert.Single(item.EnumerateObject()).Name);
            var url = item.GetProperty("url").GetString()!;
            Assert.StartsWith($"{shared.Gateway.Http.BaseAddress}files/", url, StringComparison.Ordinal);
            Assert.EndsWith(".webp", url, StringComparison.Ordinal);
            files.Add(await shared.Gateway.Http.GetByteArrayAsync(new Uri(url), TestContext.Current.CancellationToken));
        }
        Assert.Equal(2, files.Count);
        Assert.All(files, file => Assert.Equal(new ImageInfo(ImageFormat.WebP, 512, 576), Info(file)));
        Assert.NotEqual(files[0], files[1]);
    }

    [Fact]
    public async Task An_edit_is_answered_with_addresses_too()
    {
        using var response = await Forms.PostAsync(
            shared.Gateway, "/v1/images/edits", ("image", EditFiles.Png(10, 64, 64)), ("prompt", "x"), ("response_format", "url"), ("size", "512x512"));
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var url = System.Text.Json.JsonElement.Parse(text).GetProperty("data")[0].GetProperty("url").GetString()!;
        Assert.Equal(new ImageInfo(ImageFormat.Png, 512, 512), Info(await shared.Gateway.Http.GetByteArrayAsync(new Uri(url), TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task A_file_is_the_body()
    {
        using var response = await shared.Gateway.PostAsync(Path, """{"prompt":"x","size":"512x512","response_format":"file","output_format":"jpeg"}""");
        Assert.Equal(("image/jpeg", "attachment"), (response.Content.Headers.ContentType!.MediaType, response.Content.Headers.ContentDisposition!.DispositionType));
        Assert.EndsWith(".jpeg", response.Content.Headers.ContentDisposition.FileName!.Trim('"'), StringComparison.Ordinal);
        Assert.Equal(new ImageInfo(ImageFormat.Jpeg, 512, 512), Info(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task Several_files_are_an_archive()
    {
        using var response = await shared.Gateway.PostAsync(Path, """{"prompt":"x","size":"512x512","n":2,"response_format":"file"}""");
        Assert.Equal("application/zip", response.Content.Headers.ContentType!.MediaType);
        using var archive = new ZipArchive(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        Assert.Equal(["image_0.png", "image_1.png"], archive.Entries.Select(entry => entry.FullName));
        foreach (var entry in archive.Entries)
        {
            using var file = new MemoryStream();
            await using (var opened = await entry.OpenAsync(TestContext.Current.CancellationToken))
            {
                await opened.CopyToAsync(file, TestContext.Current.CancellationToken);
            }
            Assert.Equal(new ImageInfo(ImageFormat.Png, 512, 512), Info(file.ToArray()));
        }
    }

    [Fact]
    public async Task What_is_not_asked_for_is_the_options_and_the_models()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?>
        {
            ["OpenAi:ResponseFormat"] = "url",
            ["Gateway:ModelAliases:0"] = "gpt-image-1=qwen/qwen-image",
            ["Gateway:ModelAliases:1"] = "openai/dall-e-3=qwen/qwen-image",
        });
        Assert.Equal("url", await FormAsync(mesh.Gateway, ""));
        Assert.Equal("url", await FormAsync(mesh.Gateway, ",\"model\":\"qwen-image\""));
        Assert.Equal("b64_json", await FormAsync(mesh.Gateway, ",\"model\":\"gpt-image-1\""));
        Assert.Equal("url", await FormAsync(mesh.Gateway, ",\"model\":\"gpt-image-1\",\"response_format\":\"url\""));
        Assert.Equal("b64_json", await FormAsync(mesh.Gateway, ",\"response_format\":\"b64_json\""));
        var edited = await mesh.Gateway.CallAsync(HttpMethod.Post, "/v1/images/edits", $$"""{"prompt":"x","size":"512x512","image":"{{Convert.ToBase64String(EditFiles.Png(10, 64, 64))}}"}""");
        Assert.Equal("b64_json", Assert.Single(edited.At("data.0").EnumerateObject()).Name);
        Assert.Equal("url", await FormAsync(mesh.Gateway, ",\"model\":\"openai/dall-e-3\""));
    }

    [Fact]
    public async Task A_picture_is_found_by_the_answers_id()
    {
        var answer = await shared.Gateway.CallAsync(HttpMethod.Post, Path, """{"prompt":"x","size":"512x512","n":2,"seed":1}""");
        for (var variant = 0; variant < 2; variant++)
        {
            using var response = await shared.Gateway.Http.GetAsync(
                new Uri($"/v1/images/{answer.TextAt("id")}/content?variant={variant}", UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal("image/png", response.Content.Headers.ContentType!.MediaType);
            Assert.Equal(answer.At($"data.{variant}.b64_json").GetBytesFromBase64(), await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        }
        foreach (var path in new[] { $"{answer.TextAt("id")}/content?variant=2", $"{answer.TextAt("id")}/content?variant=-1", $"{answer.TextAt("id")}/content?variant=x", "0190aaaa-0000-7000-8000-000000000000/content", "x/content" })
        {
            var missing = await shared.Gateway.CallAsync(HttpMethod.Get, $"/v1/images/{path}");
            Assert.True(missing.Status == 404, path);
            Assert.Equal("invalid_request_error", missing.TextAt("error.type"));
        }
    }

    [Fact]
    public async Task Withheld_pictures_are_not_shown_in_any_way()
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IGuardrails>(new WithholdingGuardrails(1)));
        var some = await mesh.Gateway.CallAsync(HttpMethod.Post, Path, """{"prompt":"x","size":"512x512","n":2,"response_format":"url"}""");
        Assert.Equal(1, some.At("data").GetArrayLength());
        var statuses = new List<int>();
        for (var variant = 0; variant < 2; variant++)
        {
            statuses.Add((await mesh.Gateway.CallAsync(HttpMethod.Get, $"/v1/images/{some.TextAt("id")}/content?variant={variant}")).Status);
        }
        Assert.Equal([200, 404], statuses.Order());
        await using var strict = await FakeMesh.StartAsync(services: services => services.AddSingleton<IGuardrails>(new WithheldPictures()));
        foreach (var format in new[] { "url", "b64_json", "file" })
        {
            var none = await strict.Gateway.CallAsync(HttpMethod.Post, Path, $$"""{"prompt":"x","size":"512x512","response_format":"{{format}}"}""");
            Assert.Equal((400, "moderation_blocked"), (none.Status, none.TextAt("error.code")));
        }
    }

    [Fact]
    public async Task Another_keys_picture_is_not_found()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?>
        {
            ["Access:Keys:0:Id"] = "alice",
            ["Access:Keys:0:Sha256"] = TestKeys.Hash(TestKeys.Of("alice")),
            ["Access:Keys:1:Id"] = "bob",
            ["Access:Keys:1:Sha256"] = TestKeys.Hash(TestKeys.Of("bob")),
        });
        var answer = await mesh.Gateway.CallAsync(HttpMethod.Post, Path, """{"prompt":"x","size":"512x512"}""", ("Authorization", $"Bearer {TestKeys.Of("alice")}"));
        var path = $"/v1/images/{answer.TextAt("id")}/content";
        Assert.Equal(401, (await mesh.Gateway.CallAsync(HttpMethod.Get, path)).Status);
        Assert.Equal(404, (await mesh.Gateway.CallAsync(HttpMethod.Get, path, null, ("Authorization", $"Bearer {TestKeys.Of("bob")}"))).Status);
        Assert.Equal(200, (await mesh.Gateway.CallAsync(HttpMethod.Get, path, null, ("Authorization", $"Bearer {TestKeys.Of("alice")}"))).Status);
    }

    private static async Task<string> FormAsync(GatewayHost gateway, string fields)
    {
        var answer = await gateway.CallAsync(HttpMethod.Post, Path, $$"""{"prompt":"x","size":"512x512"{{fields}}}""");
        Assert.True(answer.Status == 200, answer.Text);
        return Assert.Single(answer.At("data.0").EnumerateObject()).Name;
    }

    private static ImageInfo Info(byte[] file) => new VipsDecoder().Probe(file, new ImageLimits());
}
