using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.OpenApi;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>Oxen.ai's interface: pictures at once, a queue, its history, events, and the models.</summary>
internal sealed class OxenEndpoints(
    OxenReader reader, OxenQueue queue, OxenHistory history, OxenEvents events, OxenModels models, JobCalls calls, ResultUrls urls, TimeProvider time,
    ILogger<OxenEndpoints> logger) : IDialect
{
    private const string Drawing = """{"model":"qwen-image","prompt":"a big red circle on a blue background","aspect_ratio":"1:1","output_format":"png"}""";

    public string Name => OxenGenerations.Dialect;

    public IReadOnlyList<string> Prefixes => ["/api/ai", "/api/images", "/api/events"];

    public IReadOnlyList<DialectSample> Samples =>
    [
        new DialectSample("Oxen.ai: a picture as PNG", "/api/ai/images/generate", Drawing, """sed 's/.*"url":"\([^"]*\)".*/\1/' | xargs curl -sS -o picture.png"""),
        new DialectSample("Oxen.ai: a generation in the queue; then GET /api/ai/queue/ID", "/api/ai/queue", Drawing),
        new DialectSample("Oxen.ai: the models with their parameters", "/api/ai/models"),
    ];

    public void Map(IEndpointRouteBuilder endpoints)
    {
        foreach (var root in new[] { "/api/ai/images", "/api/images" })
        {
            endpoints.MapCall(this, HttpMethods.Post, $"{root}/generate", call => DrawAsync(call, OxenRoute.Generate)).Describe(OxenSchemas.Generate);
            endpoints.MapCall(this, HttpMethods.Post, $"{root}/edit", call => DrawAsync(call, OxenRoute.Edit)).Describe(OxenSchemas.Edit);
        }
        endpoints.MapCall(this, HttpMethods.Post, "/api/ai/queue", call => queue.EnqueueAsync(call, this)).Describe(OxenSchemas.Enqueue);
        endpoints.MapCall(this, HttpMethods.Get, "/api/ai/queue", queue.ListAsync).Describe(OxenSchemas.ListQueue);
        endpoints.MapCall(this, HttpMethods.Get, "/api/ai/queue/{id}", queue.GetAsync).Describe(OxenSchemas.GetQueued);
        endpoints.MapCall(this, HttpMethods.Delete, "/api/ai/queue/{id}", queue.CancelAsync).Describe(OxenSchemas.Cancel);
        endpoints.MapCall(this, HttpMethods.Get, "/api/ai/generations", history.ListAsync).Describe(OxenSchemas.History);
        endpoints.MapCall(this, HttpMethods.Get, "/api/ai/generations/{id}", history.GetAsync).Describe(OxenSchemas.Detail);
        endpoints.MapCall(this, HttpMethods.Get, "/api/events", events.WriteAsync).Describe(OxenSchemas.Events);
        MapModels(endpoints);
    }

    public Task WriteErrorAsync(HttpContext context, DialectError error) => OxenErrors.WriteAsync(context, error);

    private void MapModels(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapCall(this, HttpMethods.Get, "/api/ai/models", models.ListAsync).Describe(OxenSchemas.Models);
        endpoints.MapCall(this, HttpMethods.Get, "/api/ai/models/search", models.SearchAsync).Describe(OxenSchemas.SearchModels);
        endpoints.MapCall(this, HttpMethods.Get, "/api/ai/models/featured", models.FeaturedAsync).Describe(OxenSchemas.FeaturedModels);
        endpoints.MapCall(this, HttpMethods.Get, "/api/ai/models/favorites", models.FavoritesAsync).Describe(OxenSchemas.FavoriteModels);
        endpoints.MapCall(this, HttpMethods.Get, "/api/ai/models/{id}", models.GetAsync).Describe(OxenSchemas.Model);
        foreach (var change in new[] { "activate", "deactivate" })
        {
            endpoints.MapCall(this, HttpMethods.Post, $"/api/ai/models/{{id}}/{change}", OxenModels.RefuseDeploymentAsync, RouteAccess.Asks).Describe(OxenSchemas.Deployment);
        }
    }

    private async Task DrawAsync(DialectCall call, OxenRoute route)
    {
        var (parsed, served, request, extra) = await reader.ReadAsync(call, route);
        var submission = call.Submission(this, request, served) with { Extra = extra.Write() };
        var done = await calls.RunAsync(submission, served, progress: null, call.Aborted);
        RequestLog.Generated(logger, Name, served, request, done.Result);
        if (done.Result.Pictures.All(picture => picture.IsFiltered))
        {
            throw new DialectException(DialectErrorKind.ContentFiltered, OxenGeneration.Withheld);
        }
        ResponseHeaders.Set(call.Context.Response, done.Result.Timings, parsed.Ignored, done.Result.PromptTruncated, done.Result.NegativePromptTruncated);
        if (parsed.IsBase64)
        {
            await OxenResponse.WriteBase64Async(call, parsed.Model.Id, time.GetUtcNow(), done.Result.Pictures);
            return;
        }
        await OxenResponse.WriteUrlsAsync(call, parsed.Model.Id, time.GetUtcNow(), await urls.OfAsync(done.Job, call.BaseAddress, call.Aborted));
    }
}
