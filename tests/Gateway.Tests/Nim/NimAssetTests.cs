using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using QwenMesh.Gateway.Tests.Access;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.OpenAi;

namespace QwenMesh.Gateway.Tests.Nim;

/// <summary>Pictures that are sent ahead, over HTTP as clients do it.</summary>
public sealed class NimAssetTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private const string Create = """{"contentType":"image/png","description":"a grey square"}""";

    private static readonly byte[] Picture = EditFiles.Png(77, 64, 64);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_asset_is_created_put_edited_and_deleted()
    {
        var created = await CreateAsync(shared.Gateway);
        Assert.Equal(["assetId", "uploadUrl", "contentType", "description"], created.Json.EnumerateObject().Select(field => field.Name));
        Assert.Equal(("image/png", "a grey square"), (created.TextAt("contentType"), created.TextAt("description")));
        var id = created.TextAt("assetId")!;
        Assert.Equal(422, (await EditAsync(shared.Gateway, id)).Status); // Nothing has been put yet.

        Assert.Equal(HttpStatusCode.OK, await PutAsync(shared.Gateway, created.TextAt("uploadUrl")!));
        foreach (var headers in new (string, string)[][]
        {
            [("NVCF-INPUT-ASSET-REFERENCES", id)],
            [("NVCF-INPUT-ASSET-REFERENCES", $"{Guid.NewGuid()}, {id.ToUpperInvariant()},")],
            [("NVCF-FUNCTION-ASSET-IDS", id)],
            [("NVCF-INPUT-ASSET-REFERENCES", "")],
            [],
        })
        {
            (await EditAsync(shared.Gateway, id, owner: null, headers)).Artifact();
            Assert.Equal(new WirePicture(64, 64, 77), Assert.Single(shared.Mesh.Encoder.Service.Pictures.Last()));
        }

        var deleted = await shared.Gateway.CallAsync(HttpMethod.Delete, $"/v2/nvcf/assets/{id}");
        Assert.Equal((204, ""), (deleted.Status, deleted.Text));
        Assert.Equal(422, (await EditAsync(shared.Gateway, id)).Status);
        Assert.Equal(HttpStatusCode.NotFound, await PutAsync(shared.Gateway, created.TextAt("uploadUrl")!));
        foreach (var gone in new[] { id, Guid.NewGuid().ToString(), "x" })
        {
            var again = await shared.Gateway.CallAsync(HttpMethod.Delete, $"/v2/nvcf/assets/{gone}");
            Assert.Equal((404, $$"""{"detail":"there is no asset '{{gone}}'"}"""), (again.Status, again.Text));
        }
    }

    [Fact]
    public async Task What_was_announced_has_to_come()
    {
        var address = (await CreateAsync(shared.Gateway)).TextAt("uploadUrl")!;
        Assert.Equal(HttpStatusCode.BadRequest, await PutAsync(shared.Gateway, address, type: "image/jpeg"));
        Assert.Equal(HttpStatusCode.BadRequest, await PutAsync(shared.Gateway, address, description: "a hat"));
        Assert.Equal(HttpStatusCode.BadRequest, await PutAsync(shared.Gateway, address, description: null));
        Assert.Equal(HttpStatusCode.OK, await PutAsync(shared.Gateway, address));
    }

    [Theory]
    [InlineData("""{"contentType":"image/png"}""", "")]
    [InlineData("""{"contentType":"IMAGE/PNG","description":null}""", "")]
    [InlineData("""{"contentType":"image/png","description":"  "}""", "  ")]
    public async Task A_description_that_is_none_is_not_repeated(string body, string description)
    {
        var created = await CreateAsync(shared.Gateway, body);
        Assert.Equal(description, created.TextAt("description"));
        Assert.Equal(HttpStatusCode.OK, await PutAsync(shared.Gateway, created.TextAt("uploadUrl")!, description: null));
    }

    [Fact]
    public async Task Blanks_around_a_description_are_lost_on_its_way_in_a_header()
    {
        var created = await CreateAsync(shared.Gateway, """{"contentType":"image/png","description":" a hat "}""");
        Assert.Equal(" a hat ", created.TextAt("description"));
        Assert.Equal(HttpStatusCode.OK, await PutAsync(shared.Gateway, created.TextAt("uploadUrl")!, description: "a hat"));
    }

    [Theory]
    [InlineData("""{"description":"x"}""", "missing", "contentType")]
    [InlineData("""{"contentType":null}""", "missing", "contentType")]
    [InlineData("""{"contentType":"video/mp4","description":"x"}""", "literal_error", "contentType")]
    [InlineData("""{"contentType":["image/png"]}""", "literal_error", "contentType")]
    [InlineData("""{"contentType":"image/png","description":7}""", "string_type", "description")]
    [InlineData("""{"contentType":"image/png","description":"a\r\nb"}""", "value_error", "description")]
    public async Task What_cannot_be_kept_is_refused(string body, string type, string field)
    {
        var refused = await shared.Gateway.CallAsync(HttpMethod.Post, "/v2/nvcf/assets", body);
        Assert.Equal((422, type, field), (refused.Status, refused.TextAt("detail.0.type"), refused.TextAt("detail.0.loc.1")));
    }

    [Fact]
    public async Task A_description_may_have_1024_characters()
    {
        static string Body(int length) => JsonSerializer.Serialize(new { contentType = "image/png", description = new string('x', length), extra = 1 });
        Assert.Equal("extra", (await CreateAsync(shared.Gateway, Body(1024))).Headers["x-qwenmesh-ignored"]);
        Assert.Equal(422, (await shared.Gateway.CallAsync(HttpMethod.Post, "/v2/nvcf/assets", Body(1025))).Status);
    }

    [Fact]
    public async Task A_file_that_is_too_large_is_413()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Files:MaxUploadBytes"] = "1024" });
        var address = (await CreateAsync(mesh.Gateway)).TextAt("uploadUrl")!;
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await PutAsync(mesh.Gateway, address, [.. Picture, .. new byte[2000]]));
    }

    [Fact]
    public async Task Pictures_refer_to_assets_that_are_listed()
    {
        var created = await CreateAsync(shared.Gateway);
        await PutAsync(shared.Gateway, created.TextAt("uploadUrl")!);
        var id = created.TextAt("assetId")!;
        var unlisted = await EditAsync(shared.Gateway, id, owner: null, ("NVCF-INPUT-ASSET-REFERENCES", Guid.NewGuid().ToString()));
        Assert.Equal((422, "image"), (unlisted.Status, unlisted.TextAt("detail.0.loc.1")));
        Assert.Equal("the asset is not listed in NVCF-INPUT-ASSET-REFERENCES", unlisted.TextAt("detail.0.ctx.error"));

        var malformed = await EditAsync(shared.Gateway, id, owner: null, ("NVCF-INPUT-ASSET-REFERENCES", $"{id},square"));
        Assert.Equal(422, malformed.Status);
        Assert.Equal("NVCF-INPUT-ASSET-REFERENCES has 'square', which is no id of an asset", malformed.TextAt("detail.0.ctx.error"));

        // What is no asset needs no list.
        var inline = JsonSerializer.Serialize(new { prompt = "x", image = "data:image/png;base64," + Convert.ToBase64String(Picture) });
        (await shared.Gateway.InferAsync(inline, headers: ("NVCF-INPUT-ASSET-REFERENCES", id))).Artifact();
        var broken = await shared.Gateway.InferAsync("""{"prompt":"x","image":"data:image/png"}""", headers: ("NVCF-INPUT-ASSET-REFERENCES", id));
        Assert.Equal("the data URI has no comma", broken.TextAt("detail.0.ctx.error"));
    }

    [Fact]
    public async Task Assets_are_their_owners_alone_and_creating_them_is_no_drawing()
    {
        var settings = TestKeys.Settings("alice", ("RequestsPerMinute", "1"));
        (settings["Access:Keys:1:Id"], settings["Access:Keys:1:Sha256"]) = ("bob", TestKeys.Hash(TestKeys.Of("bob")));
        await using var mesh = await FakeMesh.StartAsync(settings: settings);
        await CreateAsync(mesh.Gateway, owner: "alice");
        var created = await CreateAsync(mesh.Gateway, owner: "alice");
        var id = created.TextAt("assetId")!;
        Assert.Equal(HttpStatusCode.OK, await PutAsync(mesh.Gateway, created.TextAt("uploadUrl")!));

        var stranger = await EditAsync(mesh.Gateway, id, "bob", ("NVCF-INPUT-ASSET-REFERENCES", id));
        Assert.Equal(422, stranger.Status);
        Assert.StartsWith("there is no such asset", stranger.TextAt("detail.0.ctx.error"), StringComparison.Ordinal);
        Assert.Equal(404, (await DeleteAsync(mesh.Gateway, id, "bob")).Status);
        Assert.Equal(401, (await DeleteAsync(mesh.Gateway, id, owner: null)).Status);
        Assert.Equal(401, (await mesh.Gateway.CallAsync(HttpMethod.Post, "/v2/nvcf/assets", Create)).Status);

        (await EditAsync(mesh.Gateway, id, "alice", ("NVCF-INPUT-ASSET-REFERENCES", id))).Artifact();
        Assert.Equal(204, (await DeleteAsync(mesh.Gateway, id, "alice")).Status);
    }

    private static async Task<JsonReply> CreateAsync(GatewayHost gateway, string body = Create, string? owner = null)
    {
        var created = await gateway.CallAsync(HttpMethod.Post, "/v2/nvcf/assets", body, Key(owner));
        Assert.True(created.Status == 200, $"{created.Status}: {created.Text}");
        return created;
    }

    private static Task<JsonReply> DeleteAsync(GatewayHost gateway, string id, string? owner) =>
        gateway.CallAsync(HttpMethod.Delete, $"/v2/nvcf/assets/{id}", body: null, Key(owner));

    private static Task<JsonReply> EditAsync(GatewayHost gateway, string id, string? owner = null, params (string, string)[] headers) =>
        gateway.InferAsync(JsonSerializer.Serialize(new { prompt = "a hat", image = $"data:image/png;asset_id,{id}" }), seconds: null, owner, headers);

    private static (string, string)[] Key(string? owner) => owner is null ? [] : [("Authorization", $"Bearer {TestKeys.Of(owner)}")];

    private static async Task<HttpStatusCode> PutAsync(
        GatewayHost gateway, string address, byte[]? bytes = null, string type = "image/png", string? description = "a grey square")
    {
        using var content = new ByteArrayContent(bytes ?? Picture);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        using var message = new HttpRequestMessage(HttpMethod.Put, new Uri(address)) { Content = content };
        if (description is not null)
        {
            message.Headers.Add("x-amz-meta-nvcf-asset-description", description);
        }
        using var response = await gateway.Http.SendAsync(message, Stop);
        return response.StatusCode;
    }
}
