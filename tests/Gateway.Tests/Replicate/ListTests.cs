using System.Text.Json;
using QwenMesh.Gateway.Tests.Fakes;
using static QwenMesh.Gateway.Tests.Replicate.ReplicateCalls;

namespace QwenMesh.Gateway.Tests.Replicate;

/// <summary>GET /v1/predictions.</summary>
public sealed class ListTests
{
    [Fact]
    public async Task Pages_follow_each_other_and_new_predictions_do_not_move_them()
    {
        const int Count = 205;
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?>(OneAtATime) { ["Jobs:MaxQueuedPictures"] = "100000" });
        mesh.Hold();
        var created = new List<string>();
        for (var i = 0; i < Count; i++)
        {
            created.Add((await mesh.Gateway.CreateAsync()).TextAt("id")!);
        }
        created.Reverse();

        var first = await mesh.Gateway.CallAsync(HttpMethod.Get, "/v1/predictions");
        Assert.Equal(["previous", "next", "results"], first.Json.EnumerateObject().Select(field => field.Name));
        Assert.Equal((200, JsonValueKind.Null), (first.Status, first.At("previous").ValueKind));
        Assert.Equal(created[..100], Ids(first));
        await mesh.Gateway.CreateAsync();
        var second = await mesh.Gateway.CallAsync(HttpMethod.Get, first.TextAt("next")!);
        Assert.Equal(created[100..200], Ids(second));
        var third = await mesh.Gateway.CallAsync(HttpMethod.Get, second.TextAt("next")!);
        Assert.Equal(created[200..], Ids(third));
        Assert.Equal(JsonValueKind.Null, third.At("next").ValueKind);
        Assert.Equal(created[100..200], Ids(await mesh.Gateway.CallAsync(HttpMethod.Get, third.TextAt("previous")!)));
        // The first page again, with what is new.
        Assert.Equal(created[..99], Ids(await mesh.Gateway.CallAsync(HttpMethod.Get, second.TextAt("previous")!))[1..]);
    }

    [Fact]
    public async Task Nothing_is_an_empty_page()
    {
        await using var mesh = await FakeMesh.StartAsync();
        Assert.Equal("""{"previous":null,"next":null,"results":[]}""", (await mesh.Gateway.CallAsync(HttpMethod.Get, "/v1/predictions")).Text);
    }

    [Fact]
    public async Task An_item_is_the_prediction()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var done = await mesh.Gateway.CreateAsync(headers: Wait);
        var list = await mesh.Gateway.CallAsync(HttpMethod.Get, "/v1/predictions");
        Assert.Equal(done.Text, Assert.Single(list.At("results").EnumerateArray()).GetRawText());
    }

    [Theory]
    [InlineData("x")]
    [InlineData("MSBub3QtYS1ndWlk")]
    [InlineData("%00")]
    public async Task A_cursor_of_someone_else_is_refused(string cursor)
    {
        await using var mesh = await FakeMesh.StartAsync();
        var refused = await mesh.Gateway.CallAsync(HttpMethod.Get, $"/v1/predictions?cursor={cursor}");
        Assert.InRange(refused.Status, 400, 422);
        Assert.Contains("the cursor is none of this service's", refused.TextAt("detail"), StringComparison.Ordinal);
    }

    private static string[] Ids(JsonReply page) => [.. page.At("results").EnumerateArray().Select(item => item.GetProperty("id").GetString()!)];
}
