using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Gateway.Tests.Access;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol;

namespace QwenMesh.Gateway.Tests.Nim;

/// <summary>202, and what polls answer.</summary>
public sealed class NimStatusTests
{
    [Fact]
    public async Task A_picture_that_is_not_there_in_time_is_202_and_polls_have_the_synchronous_answer()
    {
        const string Body = """{"prompt":"x","width":512,"height":512,"seed":7,"sampler":"K_EULER","disable_safety_checker":true}""";
        await using var mesh = await FakeMesh.StartAsync();
        var synchronous = await mesh.Gateway.InferAsync(Body);
        var hold = Hold(mesh.Denoiser.Service.Calls);

        var accepted = await mesh.Gateway.InferAsync(Body, seconds: "0");
        Assert.Equal((202, "", "pending-evaluation", "0"), (accepted.Status, accepted.Text, accepted.Headers["NVCF-STATUS"], accepted.Headers["NVCF-PERCENT-COMPLETE"]));
        var id = accepted.Headers["NVCF-REQID"];
        Assert.True(Guid.TryParseExact(id, "D", out _), id);
        var pending = await mesh.Gateway.PollAsync(id, seconds: "0");
        Assert.Equal((202, "", id, "pending-evaluation"), (pending.Status, pending.Text, pending.Headers["NVCF-REQID"], pending.Headers["NVCF-STATUS"]));

        hold.SetResult();
        var ended = await mesh.Gateway.EndAsync(id);
        var elsewhere = await mesh.Gateway.PollAsync(id, path: "/v2/nvcf/pexec/status");
        Assert.Equal("SUCCESS", synchronous.Artifact().GetProperty("finishReason").GetString());
        foreach (var answer in new[] { ended, elsewhere })
        {
            Assert.Equal((200, synchronous.Text), (answer.Status, answer.Text));
            Assert.Equal((id, "fulfilled", "100"), (answer.Headers["NVCF-REQID"], answer.Headers["NVCF-STATUS"], answer.Headers["NVCF-PERCENT-COMPLETE"]));
            Assert.StartsWith("encode;dur=", answer.Headers["Server-Timing"], StringComparison.Ordinal);
            Assert.DoesNotContain(answer.Headers.Values, value => value.Contains('{', StringComparison.Ordinal));
        }
        foreach (var answer in new[] { synchronous, accepted, pending, ended, elsewhere })
        {
            Assert.Equal("disable_safety_checker, sampler", answer.Headers["x-qwenmesh-ignored"]);
        }
    }

    [Fact]
    public async Task A_prompt_that_was_cut_is_told_by_polls_too()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var hold = Hold(mesh.Denoiser.Service.Calls);
        var id = await mesh.Gateway.SubmitAsync($$"""{"prompt":"{{new string('x', 6000)}}","width":512,"height":512}""");
        hold.SetResult();
        Assert.Equal("prompt", (await mesh.Gateway.EndAsync(id)).Headers["x-qwenmesh-truncated"]);
    }

    [Theory]
    [InlineData("60")]
    [InlineData(null)]
    public async Task Polls_are_held_until_the_picture_is_there(string? seconds)
    {
        await using var mesh = await FakeMesh.StartAsync();
        var hold = Hold(mesh.Denoiser.Service.Calls);
        var id = await mesh.Gateway.SubmitAsync();
        var polling = mesh.Gateway.EndAsync(id, seconds);
        Assert.Equal(202, (await mesh.Gateway.PollAsync(id, seconds: "0")).Status);
        Assert.False(polling.IsCompleted);
        hold.SetResult();
        (await polling).Artifact();
    }

    [Fact]
    public async Task A_picture_that_is_there_in_time_is_answered_at_once()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var answer = await mesh.Gateway.InferAsync(NimCalls.Request, seconds: "60");
        answer.Artifact();
        Assert.Equal(answer.Text, (await mesh.Gateway.PollAsync(answer.Headers["NVCF-REQID"])).Text);
    }

    [Fact]
    public async Task Without_the_header_the_configured_time_counts()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Nim:HoldSeconds"] = "0.2" });
        var hold = Hold(mesh.Denoiser.Service.Calls);
        var accepted = await mesh.Gateway.InferAsync(NimCalls.Request);
        Assert.Equal(202, accepted.Status);
        hold.SetResult();
        (await mesh.Gateway.EndAsync(accepted.Headers["NVCF-REQID"])).Artifact();
    }

    [Fact]
    public async Task A_withheld_picture_is_CONTENT_FILTERED()
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IGuardrails>(new WithholdingGuardrails(1)));
        var hold = Hold(mesh.Denoiser.Service.Calls);
        var id = await mesh.Gateway.SubmitAsync();
        hold.SetResult();
        var withheld = await mesh.Gateway.EndAsync(id);
        Assert.Equal((200, """{"artifacts":[{"base64":"","finishReason":"CONTENT_FILTERED","seed":7}]}"""), (withheld.Status, withheld.Text));

        var refused = await mesh.Gateway.InferAsync("""{"prompt":"refused","seed":9}""", seconds: "0");
        Assert.Equal((200, """{"artifacts":[{"base64":"","finishReason":"CONTENT_FILTERED","seed":9}]}"""), (refused.Status, refused.Text));
    }

    [Fact]
    public async Task What_has_failed_is_422_or_500_and_never_to_be_polled_again()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:MaxAttempts"] = "1", ["Jobs:MaxAttempts"] = "1" });
        foreach (var (fault, status, body) in new[]
        {
            (StageFaults.InvalidRequest("denoiser", "too many steps"), 422,
                """{"detail":[{"type":"value_error","loc":["body"],"msg":"Value error, denoiser: too many steps","input":null,"ctx":{"error":"denoiser: too many steps"}}]}"""),
            (StageFaults.Overloaded("denoiser", "64 calls waiting"), 500, """{"detail":"denoiser: 64 calls waiting"}"""),
            (StageFaults.NotReady("denoiser", "loading"), 500, """{"detail":"denoiser: loading"}"""),
            (StageFaults.Internal("denoiser", "NaN in step 3"), 500, """{"detail":"denoiser: NaN in step 3"}"""),
        })
        {
            mesh.Denoiser.Service.Calls.FailNext(fault);
            var hold = Hold(mesh.Encoder.Service.Calls);
            var id = await mesh.Gateway.SubmitAsync();
            hold.SetResult();
            var failed = await mesh.Gateway.EndAsync(id);
            Assert.Equal((status, body, "errored"), (failed.Status, failed.Text, failed.Headers["NVCF-STATUS"]));
            Assert.False(failed.Headers.ContainsKey("Retry-After"));
        }
    }

    [Fact]
    public async Task Who_expects_to_poll_is_not_told_of_faults_that_pass()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:MaxAttempts"] = "1", ["Jobs:RetrySeconds"] = "0.01" });
        mesh.Denoiser.Service.Calls.FailNext(StageFaults.Overloaded("denoiser", "64 calls waiting"));
        (await mesh.Gateway.InferAsync(NimCalls.Request, seconds: "60")).Artifact();

        mesh.Denoiser.Service.Calls.FailNext(StageFaults.Overloaded("denoiser", "64 calls waiting"));
        Assert.Equal(429, (await mesh.Gateway.InferAsync(NimCalls.Request)).Status);
    }

    [Theory]
    [InlineData("/v1/status")]
    [InlineData("/v2/nvcf/pexec/status")]
    public async Task Ids_that_are_none_and_those_of_other_dialects_are_404(string path)
    {
        await using var mesh = await FakeMesh.StartAsync();
        var other = await mesh.Gateway.CallAsync(HttpMethod.Post, "/api/v3/wavespeed-ai/qwen-image/text-to-image", """{"prompt":"x","size":"512*512","enable_sync_mode":true}""");
        foreach (var id in new[] { other.TextAt("data.id")!, Guid.CreateVersion7().ToString(), "x", new string('y', 300) })
        {
            var answer = await mesh.Gateway.PollAsync(id, path: path);
            Assert.Equal((404, $$"""{"detail":"there is no job '{{(id.Length > 64 ? id[..64] + " ..." : id)}}'"}"""), (answer.Status, answer.Text));
        }
    }

    [Fact]
    public async Task Requests_are_shown_to_their_owner_only()
    {
        var settings = TestKeys.Settings("alice");
        (settings["Access:Keys:1:Id"], settings["Access:Keys:1:Sha256"]) = ("bob", TestKeys.Hash(TestKeys.Of("bob")));
        await using var mesh = await FakeMesh.StartAsync(settings: settings);
        var hold = Hold(mesh.Denoiser.Service.Calls);
        var id = await mesh.Gateway.SubmitAsync(owner: "alice");
        Assert.Equal(404, (await mesh.Gateway.PollAsync(id, owner: "bob")).Status);
        var stranger = await mesh.Gateway.PollAsync(id);
        Assert.Equal(401, stranger.Status);
        Assert.StartsWith("an API key is needed", stranger.TextAt("detail"), StringComparison.Ordinal);
        hold.SetResult();
        (await mesh.Gateway.EndAsync(id, owner: "alice")).Artifact();
        Assert.Equal(404, (await mesh.Gateway.PollAsync(id, owner: "bob")).Status);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("soon")]
    [InlineData("3601")]
    [InlineData("99999999999")]
    public async Task A_time_that_is_none_is_refused(string seconds)
    {
        await using var mesh = await FakeMesh.StartAsync();
        foreach (var answer in new[] { await mesh.Gateway.InferAsync(NimCalls.Request, seconds), await mesh.Gateway.PollAsync(Guid.CreateVersion7().ToString(), seconds) })
        {
            Assert.Equal(422, answer.Status);
            Assert.Equal($"NVCF-POLL-SECONDS is '{seconds}'; a whole number from 0 to 3600 is allowed", answer.TextAt("detail.0.ctx.error"));
        }
        Assert.Empty(mesh.Denoiser.Service.Requests);
    }

    [Fact]
    public async Task An_idempotency_key_that_is_too_long_is_refused_and_not_passed_over()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var refused = await mesh.Gateway.InferAsync(NimCalls.Request, seconds: "0", headers: ("Idempotency-Key", new string('k', 256)));
        Assert.Equal(422, refused.Status);
        Assert.Contains("Idempotency-Key has more than 255 characters", refused.Text, StringComparison.Ordinal);
        Assert.Equal(0, mesh.Encoder.Service.Calls.Count);
    }

    [Fact]
    public async Task The_same_idempotency_key_is_the_same_request()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var hold = Hold(mesh.Denoiser.Service.Calls);
        var first = await mesh.Gateway.InferAsync(NimCalls.Request, seconds: "0", headers: ("Idempotency-Key", "order-17"));
        var second = await mesh.Gateway.InferAsync(NimCalls.Request, seconds: "0", headers: ("Idempotency-Key", "order-17"));
        Assert.Equal((202, 202, first.Headers["NVCF-REQID"]), (first.Status, second.Status, second.Headers["NVCF-REQID"]));
        hold.SetResult();
        (await mesh.Gateway.EndAsync(first.Headers["NVCF-REQID"])).Artifact();
        var third = await mesh.Gateway.InferAsync(NimCalls.Request, seconds: "0", headers: ("Idempotency-Key", "order-17"));
        Assert.Equal((200, first.Headers["NVCF-REQID"]), (third.Status, third.Headers["NVCF-REQID"]));
        Assert.Single(mesh.Denoiser.Service.Requests);
    }

    private static TaskCompletionSource Hold(StageCalls calls)
    {
        var hold = new TaskCompletionSource();
        calls.Hold = hold.Task;
        return hold;
    }
}
