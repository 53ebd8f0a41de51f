using System.Net;
using System.Net.Http.Headers;
using QwenMesh.Load.Bench;

namespace QwenMesh.Mesh.Tests.Load;

/// <summary>What the load counts as done, as refused and as failed.</summary>
public sealed class AnswerTests
{
    [Theory]
    [InlineData("""{"artifacts":[{"base64":"AAAA","finishReason":"SUCCESS","seed":1}]}""", true)]
    [InlineData("""{"artifacts":[{"base64":"","finishReason":"CONTENT_FILTERED","seed":1}]}""", false)]
    [InlineData("""{"artifacts":[]}""", false)]
    [InlineData("""{"detail":"none"}""", false)]
    public async Task Only_an_answer_with_a_picture_is_done(string body, bool isDone)
    {
        using var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body) };
        Assert.Equal(isDone ? AnswerKind.Done : AnswerKind.Failed, (await PictureClient.ReadAsync(response)).Kind);
    }

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests, 1, true)]
    [InlineData(HttpStatusCode.ServiceUnavailable, 90, true)]
    [InlineData(HttpStatusCode.TooManyRequests, 0, false)]
    [InlineData(HttpStatusCode.ServiceUnavailable, null, false)]
    [InlineData(HttpStatusCode.InternalServerError, 1, false)]
    public async Task Only_a_refusal_that_says_when_to_come_back_counts_as_one(HttpStatusCode status, int? seconds, bool isRefusal)
    {
        using var response = new HttpResponseMessage(status) { Content = new StringContent("""{"detail":"full"}""") };
        response.Headers.RetryAfter = seconds is { } after ? new RetryConditionHeaderValue(TimeSpan.FromSeconds(after)) : null;
        var answer = await PictureClient.ReadAsync(response);
        Assert.Equal(isRefusal ? AnswerKind.Refused : AnswerKind.Failed, answer.Kind);
        Assert.Equal(isRefusal, answer.Reason.Length == 0);
    }

    [Fact]
    public void Shares_are_of_all_that_came()
    {
        static Arrival Came(AnswerKind kind, double seconds, string reason = "") => new(TimeSpan.Zero, TimeSpan.FromSeconds(seconds), new Answer(kind, reason));
        var arrivals = new Arrivals([Came(AnswerKind.Done, 1), Came(AnswerKind.Done, 3), Came(AnswerKind.Refused, 0), Came(AnswerKind.Failed, 0, "500: x")]);
        Assert.Equal(("50.0 %", "25.0 %", "25.0 %"), (arrivals.Share(AnswerKind.Done), arrivals.Share(AnswerKind.Refused), arrivals.Share(AnswerKind.Failed)));
        Assert.Equal("25.0 %", arrivals.ShareWithin(TimeSpan.FromSeconds(2)));
        Assert.Equal("\n1 failed: 500: x", arrivals.Failures());
    }
}
