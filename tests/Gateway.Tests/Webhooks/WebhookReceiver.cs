using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using QwenMesh.Gateway.Tests.Pictures;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Webhooks;

/// <summary>A client's web server on loopback: keeps what is posted to it, and answers each request as a test wants.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<ReceivedWebhook> _received;
    private readonly PictureServer _server;

    private WebhookReceiver(PictureServer server, ConcurrentQueue<ReceivedWebhook> received) => (_server, _received) = (server, received);

    public string Address => _server.Address(path: "/hook");

    public int Port => _server.Port;

    public IReadOnlyList<ReceivedWebhook> Received => [.. _received];

    /// <summary>Settings of a Gateway that may call it.</summary>
    public static Dictionary<string, string?> Settings(params (string Name, string Value)[] more) =>
        more.Prepend(("Webhooks:PrivateNetworks:0", Samples.Loopback)).Prepend(("Jobs:PollSeconds", "0.05")).ToDictionary(setting => setting.Item1, setting => (string?)setting.Item2);

    /// <param name="answer">Given the request, and its number from 0; 204 where there is none.</param>
    public static async Task<WebhookReceiver> StartAsync(Func<HttpContext, int, Task>? answer = null)
    {
        var received = new ConcurrentQueue<ReceivedWebhook>();
        var count = -1;
        var server = await PictureServer.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync(context.RequestAborted);
            var number = Interlocked.Increment(ref count);
            received.Enqueue(new ReceivedWebhook(
                context.Request.Method, context.Request.Path, context.Request.ContentType ?? "", body,
                context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            await (answer?.Invoke(context, number) ?? Task.CompletedTask);
        });
        return new WebhookReceiver(server, received);
    }

    /// <summary>Answers with these statuses, one after another; the last one is that of all further requests.</summary>
    public static Task<WebhookReceiver> StartAsync(params int[] statuses) =>
        StartAsync((context, number) => Task.FromResult(context.Response.StatusCode = statuses[Math.Min(number, statuses.Length - 1)]));

    public async Task<IReadOnlyList<ReceivedWebhook>> UntilAsync(int count)
    {
        await Eventually.TrueAsync(() => _received.Count >= count, $"{count} webhooks have come");
        return Received;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}

internal sealed record ReceivedWebhook(string Method, string Path, string ContentType, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public string Id => Headers["webhook-id"];
}
