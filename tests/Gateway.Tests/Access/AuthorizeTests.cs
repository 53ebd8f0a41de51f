using System.Net;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Access;

/// <summary>What a key allows to draw.</summary>
public sealed class AuthorizeTests
{
    [Fact]
    public async Task A_request_beyond_the_keys_rules_is_forbidden_and_reaches_no_stage()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: TestKeys.Settings("alice", ("MaxPixels", "524288"), ("MaxSteps", "20")));
        (string Path, string Body, HttpStatusCode Status, string Text)[] table =
        [
            ("/v1/infer", """{"prompt":"x","width":512,"height":512,"steps":21}""", HttpStatusCode.Forbidden, "this API key allows 20 steps; 21 were asked for"),
            ("/v1/infer", """{"prompt":"x","width":1024,"height":1024,"steps":20}""", HttpStatusCode.Forbidden, "this API key allows 524288 pixels a request; these pictures have 1048576"),
            ("/v1/images/generations", """{"prompt":"x","size":"512x512","n":3,"num_inference_steps":5}""", HttpStatusCode.Forbidden, "this API key allows 524288 pixels a request; these pictures have 786432"),
            ("/v1/images/generations", """{"prompt":"x","size":"512x512","n":2,"num_inference_steps":5}""", HttpStatusCode.OK, "b64_json"),
        ];
        foreach (var (path, body, status, text) in table)
        {
            Assert.Equal(0, mesh.Encoder.Service.Calls.Count);
            using var response = await mesh.Gateway.SendAsync("alice", HttpMethod.Post, path, body);
            Assert.Equal(status, response.StatusCode);
            Assert.Contains(text, await response.TextAsync(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("qwen/qwen-image-nano", HttpStatusCode.OK)]
    [InlineData("qwen-image-edit", HttpStatusCode.Forbidden)]
    public async Task A_model_that_the_key_does_not_name_is_forbidden(string allowed, HttpStatusCode status)
    {
        await using var mesh = await FakeMesh.StartAsync(settings: TestKeys.Settings("alice", ("Models:0", allowed)));
        using var response = await mesh.Gateway.SendAsync("alice", HttpMethod.Post, "/v1/infer", """{"prompt":"x","width":512,"height":512,"steps":5}""");
        Assert.Equal(status, response.StatusCode);
    }
}
