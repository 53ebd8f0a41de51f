using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace QwenMesh.ServiceDefaults.Tests.Telemetry;

/// <summary>What came to an OTLP/HTTP endpoint.</summary>
/// <param name="Text">The message as Latin-1: strings of the protobuf message can be looked for.</param>
internal sealed record OtlpExport(string Path, string Authorization, string Encoding, string Text);

/// <summary>A real OTLP/HTTP endpoint on loopback that takes everything.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtlpReceiver(WebApplication app) => _app = app;

    public ConcurrentQueue<OtlpExport> Exports { get; } = new();

    public string Address => _app.Urls.First();

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var receiver = new OtlpReceiver(builder.Build());
        receiver._app.MapPost("/{**path}", receiver.TakeAsync);
        await receiver._app.StartAsync(TestContext.Current.CancellationToken);
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var headers = context.Request.Headers;
        Exports.Enqueue(new OtlpExport(
            context.Request.Path, headers.Authorization.ToString(), headers.ContentEncoding.ToString(), Encoding.Latin1.GetString(body.ToArray())));
    }
}
