using System.Net;
using System.Net.Sockets;
using System.Text;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Dialects;

/// <summary>What the bodies of all requests together may take.</summary>
public sealed class BodyBudgetTests
{
    [Fact]
    public async Task When_it_is_used_up_the_next_body_gets_429_until_one_is_done_with()
    {
        await using var gateway = await ProbeGateway.StartAsync(("MaxBodyMemoryBytes", $"{4 << 20}"));
        var hold = new TaskCompletionSource();
        gateway.Dialect.Hold = hold.Task;
        var first = PostAsync(gateway, 1_500_000);
        await gateway.Dialect.Held.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        var held = gateway.Budget.Taken;
        Assert.InRange(held, 1_500_000, 4 << 20);

        using (var second = await PostAsync(gateway, 1_500_000))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
            Assert.Equal("5", second.Headers.RetryAfter?.ToString());
        }
        Assert.Equal(held, gateway.Budget.Taken);

        hold.SetResult();
        (await first).Dispose();
        await Eventually.TrueAsync(() => gateway.Budget.Taken == 0, "the first body is given back");
        using var third = await PostAsync(gateway, 1_500_000);
        Assert.Equal(HttpStatusCode.OK, third.StatusCode);
    }

    [Fact]
    public async Task A_body_that_would_take_more_than_all_of_it_is_too_large()
    {
        await using var gateway = await ProbeGateway.StartAsync(("MaxBodyMemoryBytes", $"{1 << 20}"));
        using var response = await PostAsync(gateway, 1_200_000);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal(0, gateway.Budget.Taken);
    }

    [Fact]
    public async Task A_body_that_is_announced_takes_nothing_until_it_arrives()
    {
        await using var gateway = await ProbeGateway.StartAsync();
        var clients = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 50; i++)
            {
                clients.Add(await AnnounceAsync(gateway, 16 << 20));
            }
            await Eventually.TrueAsync(() => gateway.Budget.Taken > 0, "the first of them is read");
            Assert.InRange(gateway.Budget.Taken, 1, clients.Count * (8 << 10));
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
        await Eventually.TrueAsync(() => gateway.Budget.Taken == 0, "what they took is given back");
    }

    [Fact]
    public async Task A_body_that_does_not_arrive_in_time_gets_408()
    {
        await using var gateway = await ProbeGateway.StartAsync(("BodyTimeoutSeconds", "0.2"));
        using var client = await AnnounceAsync(gateway, 1000);
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        var line = await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.StartsWith("HTTP/1.1 408 ", line, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => gateway.Budget.Taken == 0, "what it took is given back");
    }

    private static async Task<TcpClient> AnnounceAsync(ProbeGateway gateway, int length)
    {
        var client = new TcpClient();
        var address = gateway.Host.Http.BaseAddress!;
        await client.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        await client.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes($"POST /probe/any HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{{"), TestContext.Current.CancellationToken);
        return client;
    }

    private static async Task<HttpResponseMessage> PostAsync(ProbeGateway gateway, int length)
    {
        using var content = new StringContent($"\"{new string('x', length)}\"");
        return await gateway.Host.Http.PostAsync(new Uri("/probe/any", UriKind.Relative), content, TestContext.Current.CancellationToken);
    }
}
