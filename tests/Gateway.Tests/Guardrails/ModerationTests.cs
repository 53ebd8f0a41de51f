using System.Text.Json;
using Microsoft.AspNetCore.Http;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.Pictures;

namespace QwenMesh.Gateway.Tests.Guardrails;

/// <summary>A moderation service is asked in OpenAI's form, and decides; one that does not answer decides nothing.</summary>
public sealed class ModerationTests
{
    private static readonly byte[] Png = Samples.Png();

    [Fact]
    public async Task A_flagged_prompt_is_refused()
    {
        await using var server = await ModerationServer.AnsweringAsync(ModerationServer.Flagged);
        await using var host = new GuardrailHost(("Moderation:Url", server.Url), ("Moderation:ApiKey", "sk-secret"), ("Moderation:Model", "guard-1"));
        var fault = await host.FaultOfAsync("a \"quoted\" prompt+ 提示");
        Assert.Equal((FaultKind.ContentFiltered, "the prompt is refused by this service's rules"), (fault?.Kind, fault?.Detail));
        Assert.Equal("moderation:sexual/minors,violence", Assert.Single(host.Audit.Records).Rule);
        Assert.Equal(["1 rule=moderation subject=prompt"], host.Refused);
        var question = Assert.Single(server.Questions);
        Assert.Equal(("POST", "/v1/moderations", "Bearer sk-secret"), (question.Method, question.Path, question.Authorization));
        AssertJson("""{"model":"guard-1","input":[{"type":"text","text":"a \"quoted\" prompt+ 提示"}]}""", question.Body);
    }

    [Fact]
    public async Task What_is_not_flagged_passes()
    {
        await using var server = await ModerationServer.AnsweringAsync(ModerationServer.Passed);
        await using var host = new GuardrailHost(("Moderation:Url", server.Url));
        Assert.Null(await host.FaultOfAsync("a meadow", Png));
        Assert.False(await host.IsWithheldAsync(Png));
        Assert.Equal(3, server.Questions.Count);
        Assert.Empty(host.Audit.Records);
        Assert.Empty(host.Refused);
    }

    [Fact]
    public async Task A_flagged_picture_is_withheld()
    {
        await using var server = await ModerationServer.AnsweringAsync(ModerationServer.Flagged);
        await using var host = new GuardrailHost(("Moderation:Url", server.Url), ("Moderation:Model", ""));
        Assert.True(await host.IsWithheldAsync(Png));
        var record = Assert.Single(host.Audit.Records);
        Assert.Equal(("picture", "job-1", "key-1"), (record.Subject, record.Job, record.Owner));
        var uri = $"data:image/png;base64,{Convert.ToBase64String(Png)}";
        AssertJson($$$"""{"input":[{"type":"image_url","image_url":{"url":"{{{uri}}}"}}]}""", Assert.Single(server.Questions).Body);
    }

    [Fact]
    public async Task A_flagged_reference_is_refused()
    {
        await using var server = await ModerationServer.StartAsync((context, number) =>
            context.Response.WriteAsync(number == 2 ? ModerationServer.Flagged : ModerationServer.Passed));
        await using var host = new GuardrailHost(("Moderation:Url", server.Url));
        var fault = await host.FaultOfAsync("edit these", Png, Samples.Png(99), Samples.Png(100));
        Assert.Equal((FaultKind.ContentFiltered, "a picture of the request is refused by this service's rules"), (fault?.Kind, fault?.Detail));
        Assert.Equal(3, server.Questions.Count); // The prompt and two pictures; the third is not asked about.
        Assert.Equal("reference", Assert.Single(host.Audit.Records).Subject);
        Assert.Equal(["1 rule=moderation subject=reference"], host.Refused);
    }

    [Theory]
    [InlineData("Prompts", 2)]
    [InlineData("References", 2)]
    [InlineData("Pictures", 2)]
    [InlineData("Url", 0)]
    public async Task What_is_switched_off_is_not_asked_about(string key, int asked)
    {
        await using var server = await ModerationServer.AnsweringAsync(ModerationServer.Passed);
        await using var host = key == "Url"
            ? new GuardrailHost(("Moderation:Model", "guard-1"))
            : new GuardrailHost(("Moderation:Url", server.Url), ($"Moderation:{key}", "false"));
        Assert.Null(await host.FaultOfAsync("a meadow", Png));
        Assert.False(await host.IsWithheldAsync(Png));
        Assert.Equal(asked, server.Questions.Count);
    }

    [Fact]
    public async Task A_denied_prompt_is_not_sent_away()
    {
        await using var server = await ModerationServer.AnsweringAsync(ModerationServer.Passed);
        await using var host = new GuardrailHost(("Moderation:Url", server.Url), ("Deny:0", "gore"));
        Assert.NotNull(await host.FaultOfAsync("gore"));
        Assert.Empty(server.Questions);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(429)]
    public async Task A_short_failure_is_tried_again(int status)
    {
        await using var server = await ModerationServer.StartAsync((context, number) =>
        {
            context.Response.StatusCode = number == 0 ? status : 200;
            return context.Response.WriteAsync(number == 0 ? "" : ModerationServer.Flagged);
        });
        await using var host = new GuardrailHost(("Moderation:Url", server.Url), ("Moderation:TimeoutSeconds", "60"));
        Assert.Equal(FaultKind.ContentFiltered, (await host.FaultOfAsync("x"))?.Kind);
        Assert.Equal(2, server.Questions.Count);
    }

    [Theory]
    [InlineData("500", "it answers with status 500")]
    [InlineData("401", "it answers with status 401")]
    [InlineData("redirect", "it answers with status 307")]
    [InlineData("slow", "no answer within 0.5 s")]
    [InlineData("drip", "no answer within 0.5 s")]
    [InlineData("huge", "its answer is too large")]
    [InlineData("cut", "it could not be asked")]
    [InlineData("broken", "its answer is not of the form that moderation services have")]
    [InlineData("other", "its answer is not of the form that moderation services have")]
    [InlineData("half", "its answer is not of the form that moderation services have")]
    [InlineData("empty", "its answer has no result")]
    [InlineData("gone", "it could not be asked (ConnectionError)")]
    public async Task Without_an_answer_nothing_passes_unless_it_is_allowed(string failure, string reason)
    {
        await using var server = await ModerationServer.StartAsync((context, _) => FailAsync(context, failure));
        using var gone = new RefusingPort();
        var url = failure == "gone" ? gone.Url : server.Url;
        // The bound of the test for what does not come; enough for what is tried three times.
        var seconds = failure is "slow" or "drip" ? "0.5" : "60";
        await using var refusing = new GuardrailHost(("Moderation:Url", url), ("Moderation:TimeoutSeconds", seconds));
        var fault = await refusing.FaultOfAsync("a meadow");
        Assert.Equal(FaultKind.Unavailable, fault?.Kind);
        var withheld = await Assert.ThrowsAsync<GenerationException>(() => refusing.IsWithheldAsync(Png));
        Assert.Equal(FaultKind.Unavailable, withheld.Fault.Kind);
        Assert.Empty(refusing.Audit.Records); // An outage says nothing about what was asked for.
        Assert.Equal(["1 rule=unavailable subject=prompt", "1 rule=unavailable subject=picture"], refusing.Refused);
        Assert.Contains(refusing.Logs.Lines, line => line.StartsWith($"Warning 422 The moderation service does not answer for a prompt: {reason}", StringComparison.Ordinal));

        await using var allowing = new GuardrailHost(("Moderation:Url", url), ("Moderation:TimeoutSeconds", seconds), ("Moderation:OnError", "allow"));
        Assert.Null(await allowing.FaultOfAsync("a meadow"));
        Assert.False(await allowing.IsWithheldAsync(Png));
        Assert.Empty(allowing.Refused);
        Assert.Equal(2, allowing.Logs.Lines.Count(line => line.StartsWith("Warning 422", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_client_that_leaves_is_no_fault_of_the_service()
    {
        using var leaves = new CancellationTokenSource();
        await using var server = await ModerationServer.StartAsync(async (context, _) =>
        {
            await leaves.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await using var host = new GuardrailHost(("Moderation:Url", server.Url), ("Moderation:OnError", "allow"), ("Moderation:TimeoutSeconds", "60"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.CheckAsync(new GenerationRequest { Prompt = "x", Seed = 1 }, leaves.Token));
        Assert.DoesNotContain(host.Logs.Lines, line => line.StartsWith("Warning 422", StringComparison.Ordinal));
    }

    private static async Task FailAsync(HttpContext context, string failure)
    {
        switch (failure)
        {
            case "slow":
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
                break;
            case "drip":
                while (true)
                {
                    await context.Response.WriteAsync(" ", context.RequestAborted);
                    await context.Response.Body.FlushAsync(context.RequestAborted);
                    await Task.Delay(20, context.RequestAborted);
                }
            case "huge":
                await context.Response.Body.WriteAsync(new byte[2 << 20], context.RequestAborted);
                break;
            case "cut":
                context.Response.ContentLength = 1000;
                await context.Response.WriteAsync("{", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                context.Abort();
                break;
            case "redirect":
                context.Response.StatusCode = StatusCodes.Status307TemporaryRedirect;
                context.Response.Headers.Location = "/elsewhere";
                break;
            case "broken":
                await context.Response.WriteAsync("<html>");
                break;
            case "other":
                await context.Response.WriteAsync("""{"results":{"flagged":false}}""");
                break;
            case "half":
                await context.Response.WriteAsync("""{"results":[{"flagged":false},{"flagged":"no"}]}""");
                break;
            case "empty":
                await context.Response.WriteAsync("""{"results":[]}""");
                break;
            default:
                context.Response.StatusCode = int.Parse(failure, System.Globalization.CultureInfo.InvariantCulture);
                break;
        }
    }

    private static void AssertJson(string expected, JsonElement actual)
    {
        using var document = JsonDocument.Parse(expected);
        Assert.True(JsonElement.DeepEquals(document.RootElement, actual), actual.ToString());
    }
}
