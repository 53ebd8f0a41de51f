using System.Net;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Access;

public sealed class CallerLimitsTests
{
    private const string Picture = """{"prompt":"x","width":512,"height":512,"steps":5}""";

    [Fact]
    public async Task A_key_draws_as_often_as_its_rate_allows_and_is_told_when_again()
    {
        var settings = TestKeys.Settings("alice", ("RequestsPerMinute", "1"), ("Burst", "2"));
        (settings["Access:Keys:1:Id"], settings["Access:Keys:1:Sha256"]) = ("bob", TestKeys.Hash(TestKeys.Of("bob")));
        await using var gateway = await AccessProbe.StartAsync(settings);
        for (var i = 0; i < 2; i++)
        {
            using var taken = await gateway.SendAsync("alice", HttpMethod.Post, AccessProbe.Draw, "{}");
            Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        }
        using var refused = await gateway.SendAsync("alice", HttpMethod.Post, AccessProbe.Draw, "{}");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal("RateLimited: this caller may send 1 such requests a minute", await refused.TextAsync());
        Assert.Equal("60", refused.Headers.RetryAfter?.ToString());
        using var others = await gateway.SendAsync("bob", HttpMethod.Post, AccessProbe.Draw, "{}");
        using var asking = await gateway.SendAsync("alice", HttpMethod.Get, AccessProbe.Ask);
        using var ending = await gateway.SendAsync("alice", HttpMethod.Post, "/access/end", "{}");
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK], new[] { others.StatusCode, asking.StatusCode, ending.StatusCode });
    }

    [Fact]
    public async Task Inquiries_have_a_rate_of_their_own()
    {
        await using var gateway = await AccessProbe.StartAsync(TestKeys.Settings("alice", ("InquiriesPerMinute", "1")));
        using var asked = await gateway.SendAsync("alice", HttpMethod.Get, AccessProbe.Ask);
        using var refused = await gateway.SendAsync("alice", HttpMethod.Get, AccessProbe.Ask);
        using var drawn = await gateway.SendAsync("alice", HttpMethod.Post, AccessProbe.Draw, "{}");
        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.TooManyRequests, HttpStatusCode.OK], new[] { asked.StatusCode, refused.StatusCode, drawn.StatusCode });
    }

    [Fact]
    public async Task Callers_without_a_key_share_one_limit()
    {
        await using var gateway = await AccessProbe.StartAsync(new Dictionary<string, string?> { ["Access:Anonymous:RequestsPerMinute"] = "1" });
        using var first = await gateway.SendAsync(null, HttpMethod.Post, AccessProbe.Draw, "{}");
        using var second = await gateway.SendAsync("somebody", HttpMethod.Post, AccessProbe.Draw, "{}");
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.TooManyRequests], new[] { first.StatusCode, second.StatusCode });
    }

    [Fact]
    public async Task A_key_has_its_number_of_requests_at_a_time()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: TestKeys.Settings("alice", ("ConcurrentRequests", "1")));
        var hold = new TaskCompletionSource();
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        var running = mesh.Gateway.SendAsync("alice", HttpMethod.Post, "/v1/infer", Picture);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        using var refused = await mesh.Gateway.SendAsync("alice", HttpMethod.Post, "/v1/infer", Picture);
        Assert.Equal((HttpStatusCode.TooManyRequests, """{"detail":"this caller may have 1 requests at a time"}"""), (refused.StatusCode, await refused.TextAsync()));
        Assert.Equal("5", refused.Headers.RetryAfter?.ToString());
        using var asked = await mesh.Gateway.SendAsync("alice", HttpMethod.Get, "/v1/models");
        Assert.Equal(HttpStatusCode.OK, asked.StatusCode);

        hold.SetResult();
        using var drawn = await running.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        using var next = await mesh.Gateway.SendAsync("alice", HttpMethod.Post, "/v1/infer", Picture);
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], new[] { drawn.StatusCode, next.StatusCode });
    }

    [Fact]
    public async Task A_body_is_read_up_to_the_keys_limit()
    {
        await using var gateway = await AccessProbe.StartAsync(TestKeys.Settings("alice", ("MaxRequestBodyBytes", "1000")));
        using var taken = await gateway.SendAsync("alice", HttpMethod.Post, "/access/body", $$"""{"a":"{{new string('x', 900)}}"}""");
        using var refused = await gateway.SendAsync("alice", HttpMethod.Post, "/access/body", $$"""{"a":"{{new string('x', 1000)}}"}""");
        Assert.Equal((HttpStatusCode.OK, "'alice'"), (taken.StatusCode, await taken.TextAsync()));
        Assert.Equal(
            (HttpStatusCode.RequestEntityTooLarge, "BodyTooLarge: the request body is larger than 1000 bytes"), (refused.StatusCode, await refused.TextAsync()));
    }
}
