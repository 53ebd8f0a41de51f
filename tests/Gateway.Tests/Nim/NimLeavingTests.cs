using System.Net;
using System.Text;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Nim;

/// <summary>Callers who leave: before they have an id their request ends with them, after that it does not.</summary>
public sealed class NimLeavingTests
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("60")]
    [InlineData(null)]
    public async Task Who_leaves_while_the_answer_is_held_ends_the_request(string? seconds)
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Denoiser.Service.Calls.Hold = new TaskCompletionSource().Task;
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        using var message = Infer(seconds);
        var call = mesh.Gateway.Http.SendAsync(message, leaving.Token);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(Longest, Stop);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await mesh.Denoiser.Service.Calls.Cancelled.Task.WaitAsync(Longest, Stop);
    }

    [Fact]
    public async Task Who_leaves_with_an_id_finds_the_picture_later()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var hold = new TaskCompletionSource();
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        string id;
        using (var client = new HttpClient { BaseAddress = mesh.Gateway.Http.BaseAddress })
        {
            using var message = Infer("0");
            using var accepted = await client.SendAsync(message, Stop);
            Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
            id = Assert.Single(accepted.Headers.GetValues("NVCF-REQID"));
        }
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        using var poll = new HttpRequestMessage(HttpMethod.Get, $"/v1/status/{id}");
        poll.Headers.Add("NVCF-POLL-SECONDS", "60");
        var polling = mesh.Gateway.Http.SendAsync(poll, leaving.Token);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(Longest, Stop);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => polling);

        Assert.Equal(202, (await mesh.Gateway.PollAsync(id, seconds: "0")).Status);
        hold.SetResult();
        (await mesh.Gateway.EndAsync(id)).Artifact();
        Assert.False(mesh.Denoiser.Service.Calls.Cancelled.Task.IsCompleted);
    }

    private static HttpRequestMessage Infer(string? seconds)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, "/v1/infer") { Content = new StringContent(NimCalls.Request, Encoding.UTF8, "application/json") };
        if (seconds is not null)
        {
            message.Headers.Add("NVCF-POLL-SECONDS", seconds);
        }
        return message;
    }
}
