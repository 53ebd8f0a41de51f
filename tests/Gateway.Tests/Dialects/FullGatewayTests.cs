using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Dialects;

/// <summary>A Gateway whose generations are all in progress.</summary>
public sealed class FullGatewayTests
{
    private const string Request = """{"prompt":"x","width":512,"height":512}""";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task It_answers_429_before_a_body_has_come_and_to_a_client_that_sends_all_of_it_first()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?>
        {
            ["Gateway:MaxConcurrentGenerations"] = "1",
            ["Jobs:MaxQueuedPictures"] = "0",
        }, services: services => services.AddSingleton<TimeProvider>(new StillStamps()));
        var hold = new TaskCompletionSource();
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        var running = mesh.Gateway.PostAsync("/v1/infer", Request);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(Bound, TestContext.Current.CancellationToken);

        // The first one has had the queue looked at. What is known is fresh for a quarter of a second; who comes later is refused behind its body.
        using (var refused = await mesh.Gateway.PostAsync("/v1/infer", Request))
        {
            Assert.Equal(System.Net.HttpStatusCode.TooManyRequests, refused.StatusCode);
        }
        foreach (var sent in new[] { 0, 24 << 20 })
        {
            using var client = await SendAsync(mesh, length: 24 << 20, sent);
            Assert.StartsWith("HTTP/1.1 429 ", await StatusAsync(client), StringComparison.Ordinal);
        }
        Assert.Equal(0, mesh.Gateway.Services.GetRequiredService<BodyBudget>().Taken);

        hold.SetResult();
        using var response = await running;
        await Artifact.ReadAsync(response);
    }

    [Fact]
    public async Task Clients_that_send_their_bodies_slowly_hold_no_place()
    {
        await using var mesh = await FakeMesh.StartAsync(
            settings: new Dictionary<string, string?> { ["Gateway:MaxConcurrentGenerations"] = "1" }, services: services => services.TakeSlowBodies());
        using var slow = await SendAsync(mesh, length: 1000, sent: 1);
        var budget = mesh.Gateway.Services.GetRequiredService<BodyBudget>();
        await QwenMesh.Testing.Eventually.TrueAsync(() => budget.Taken > 0, "the slow body is being read");
        using var response = await mesh.Gateway.PostAsync("/v1/infer", Request);
        await Artifact.ReadAsync(response);
    }

    private static async Task<TcpClient> SendAsync(FakeMesh mesh, int length, int sent)
    {
        var client = new TcpClient();
        var address = mesh.Gateway.Http.BaseAddress!;
        await client.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        await client.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes($"POST /v1/infer HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"), TestContext.Current.CancellationToken);
        await client.GetStream().WriteAsync(new byte[sent], TestContext.Current.CancellationToken).AsTask().WaitAsync(Bound, TestContext.Current.CancellationToken);
        return client;
    }

    private static async Task<string?> StatusAsync(TcpClient client)
    {
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        return await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Bound, TestContext.Current.CancellationToken);
    }
}
