using System.Text.Json;
using QwenMesh.Gateway.Tests.Access;
using QwenMesh.Gateway.Tests.Fakes;
using static QwenMesh.Gateway.Tests.Replicate.ReplicateCalls;

namespace QwenMesh.Gateway.Tests.Replicate;

/// <summary>Keys of callers.</summary>
public sealed class AccessTests
{
    private const string Create = "/v1/models/qwen/qwen-image/predictions";

    [Fact]
    public async Task Without_a_key_or_with_a_wrong_one_it_is_401_in_the_vendors_shape()
    {
        await using var mesh = await StartAsync();
        foreach (var key in new[] { null, "carol" })
        {
            using var response = await mesh.Gateway.SendAsync(key, HttpMethod.Post, Create, Small);
            var answer = JsonElement.Parse(await response.TextAsync());
            Assert.Equal((401, "Unauthenticated", 401), ((int)response.StatusCode, answer.GetProperty("title").GetString(), answer.GetProperty("status").GetInt32()));
        }
    }

    [Fact]
    public async Task The_older_clients_form_of_a_key_is_taken()
    {
        await using var mesh = await StartAsync();
        Assert.Equal(202, (await mesh.Gateway.CreateAsync(headers: ("Authorization", $"Token {TestKeys.Of("alice")}"))).Status);
    }

    [Fact]
    public async Task Predictions_are_shown_to_their_owner_only()
    {
        await using var mesh = await StartAsync();
        using var created = await mesh.Gateway.SendAsync("alice", HttpMethod.Post, Create, Small);
        var id = JsonElement.Parse(await created.TextAsync()).GetProperty("id").GetString();
        Assert.Equal(200, await StatusAsync("alice", HttpMethod.Get, $"/v1/predictions/{id}"));
        Assert.Equal(404, await StatusAsync("bob", HttpMethod.Get, $"/v1/predictions/{id}"));
        Assert.Equal(404, await StatusAsync("bob", HttpMethod.Post, $"/v1/predictions/{id}/cancel"));
        using var list = await mesh.Gateway.SendAsync("bob", HttpMethod.Get, "/v1/predictions");
        Assert.Equal("""{"previous":null,"next":null,"results":[]}""", await list.TextAsync());

        async Task<int> StatusAsync(string key, HttpMethod method, string path)
        {
            using var response = await mesh.Gateway.SendAsync(key, method, path);
            return (int)response.StatusCode;
        }
    }

    private static Task<FakeMesh> StartAsync() => FakeMesh.StartAsync(settings: new Dictionary<string, string?>(TestKeys.Settings("alice"))
    {
        ["Access:Keys:1:Id"] = "bob",
        ["Access:Keys:1:Sha256"] = TestKeys.Hash(TestKeys.Of("bob")),
    });
}
