using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace QwenMesh.Gateway.Tests.Pictures;

/// <summary>A web server on 127.0.0.1 that answers every path the same way, and notes what it was asked.</summary>
internal sealed class PictureServer(WebApplication app, List<HttpRequestNote> requests) : IAsyncDisposable
{
    public int Port { get; } = new Uri(app.Urls.First()).Port;

    public IReadOnlyList<HttpRequestNote> Requests => requests;

    public string Address(string host = "127.0.0.1", string path = "/picture.png") => $"http://{host}:{Port}{path}";

    public static async Task<PictureServer> StartAsync(Func<HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var requests = new List<HttpRequestNote>();
        app.Run(context =>
        {
            lock (requests)
            {
                requests.Add(new HttpRequestNote(context.Request.Path, context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString())));
            }
            return answer(context);
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new PictureServer(app, requests);
    }

    public static Task<PictureServer> ServingAsync(byte[] file) => StartAsync(context => context.Response.Body.WriteAsync(file).AsTask());

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }
}

internal sealed record HttpRequestNote(string Path, IReadOnlyDictionary<string, string> Headers);
