using System.Net;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests;

public sealed class PreStopTests
{
    private static readonly Uri Ready = new("/health/ready", UriKind.Relative);
    private static readonly Uri Live = new("/health/live", UriKind.Relative);

    [Fact]
    public async Task After_a_stop_signal_requests_are_taken_with_readiness_off_until_the_time_is_over()
    {
        var token = TestContext.Current.CancellationToken;
        // An address on which nobody else listens when its port is closed.
        await using var mesh = await FakeMesh.StartAsync(
            settings: new Dictionary<string, string?> { ["Gateway:PreStopSeconds"] = "600", ["Gateway:BindAddress"] = $"{OwnLoopback.Next()}" });
        using (var before = await mesh.Gateway.Http.GetAsync(Ready, token))
        {
            Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        }
        using var over = new CancellationTokenSource();
        var stopping = mesh.Gateway.StopAsync(over.Token);
        using (var after = await mesh.Gateway.Http.GetAsync(Ready, token))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, after.StatusCode);
        }
        using (var client = new HttpClient { BaseAddress = mesh.Gateway.Http.BaseAddress })
        using (var live = await client.GetAsync(Live, token)) // On a new connection.
        {
            Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        }
        using (var picture = await mesh.Gateway.PostAsync("/v1/infer", """{"prompt":"x","width":512,"height":512}""", token))
        {
            await Artifact.ReadAsync(picture);
        }
        Assert.False(stopping.IsCompleted, "it has stopped before its time");

        await over.CancelAsync();
        await Record.ExceptionAsync(() => stopping.WaitAsync(TimeSpan.FromSeconds(60), token));
        Assert.True(stopping.IsCompleted, "it does not stop");
        using var refused = new HttpClient { BaseAddress = mesh.Gateway.Http.BaseAddress };
        await Assert.ThrowsAsync<HttpRequestException>(() => refused.GetAsync(Live, token));
    }
}
