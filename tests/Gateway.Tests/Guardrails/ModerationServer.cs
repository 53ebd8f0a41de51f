using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace QwenMesh.Gateway.Tests.Guardrails;

/// <summary>A moderation service on 127.0.0.1 that notes what it is asked.</summary>
internal sealed class ModerationServer(WebApplication app, ConcurrentQueue<ModerationQuestion> questions) : IAsyncDisposable
{
    public const string Passed = """{"id":"modr-1","model":"m","results":[{"flagged":false,"categories":{"violence":false},"category_scores":{"violence":0.1}}]}""";

    public const string Flagged =
        """{"id":"modr-2","model":"m","results":[{"flagged":true,"categories":{"violence":true,"sexual/minors":true,"hate":false},"category_scores":{"violence":0.9}}]}""";

    public string Url { get; } = app.Urls.First() + "/v1/moderations";

    public IReadOnlyCollection<ModerationQuestion> Questions => questions;

    public static Task<ModerationServer> AnsweringAsync(string body, int status = 200) => StartAsync((context, _) =>
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(body, context.RequestAborted);
    });

    /// <param name="answer">Gets the number of the question, from 0.</param>
    public static async Task<ModerationServer> StartAsync(Func<HttpContext, int, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var questions = new ConcurrentQueue<ModerationQuestion>();
        app.Run(async context =>
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
            questions.Enqueue(new ModerationQuestion(context.Request.Method, context.Request.Path, context.Request.Headers.Authorization.ToString(), body.RootElement.Clone()));
            await answer(context, questions.Count - 1);
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new ModerationServer(app, questions);
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }
}

internal sealed record ModerationQuestion(string Method, string Path, string Authorization, JsonElement Body);
