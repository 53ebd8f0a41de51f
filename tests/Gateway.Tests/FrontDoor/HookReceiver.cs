using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace QwenMesh.Gateway.Tests.FrontDoor;

/// <summary>A client's webhook on 127.0.0.1.</summary>
internal sealed class HookReceiver(WebApplication app, ChannelReader<Hook> hooks) : IAsyncDisposable
{
    public string Url { get; } = app.Urls.First() + "/hook?job=1";

    /// <param name="statuses">Of the answers; 204 after the last one.</param>
    public static async Task<HookReceiver> StartAsync(params int[] statuses)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var hooks = Channel.CreateUnbounded<Hook>();
        var left = new Queue<int>(statuses);
        app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            context.Response.StatusCode = left.TryDequeue(out var status) ? status : StatusCodes.Status204NoContent;
            await hooks.Writer.WriteAsync(new Hook(
                context.Request.Method, context.Request.Path + context.Request.QueryString, context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
                body.ToArray()));
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new HookReceiver(app, hooks.Reader);
    }

    public async Task<Hook> NextAsync() =>
        await hooks.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }
}

internal sealed record Hook(string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public JsonElement Json { get; } = JsonElement.Parse(Body);
}
