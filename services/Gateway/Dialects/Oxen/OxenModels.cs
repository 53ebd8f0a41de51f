using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>The routes below /api/ai/models.</summary>
internal sealed class OxenModels(OxenCatalog catalog)
{
    /// <exception cref="GenerationException">No model is ready.</exception>
    public Task ListAsync(DialectCall call) =>
        WriteAsync(call, OxenQuery.Text(call, "deployment_status") is null or "live" ? catalog.All() : []);

    public Task FeaturedAsync(DialectCall call) => WriteAsync(call, [.. catalog.All().Where(model => model.IsDocumented)]);

    /// <summary>Nobody's favourites are kept.</summary>
    public Task FavoritesAsync(DialectCall call) => WriteAsync(call, []);

    public Task SearchAsync(DialectCall call)
    {
        var text = OxenQuery.Text(call, "search") ?? "";
        return WriteAsync(call, [.. catalog.All().Where(model =>
            new[] { model.Id, model.DisplayName, model.Summary }.Any(field => field.Contains(text, StringComparison.OrdinalIgnoreCase)))]);
    }

    /// <exception cref="DialectException">It is not served.</exception>
    public Task GetAsync(DialectCall call)
    {
        var model = catalog.Find(Id(call));
        return JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, json => OxenModelResponse.Write(json, model, catalog.Created));
    }

    /// <summary>Models are deployed by whoever runs the mesh.</summary>
    /// <exception cref="DialectException">Always.</exception>
    public static Task RefuseDeploymentAsync(DialectCall call) =>
        throw new DialectException(DialectErrorKind.NotFound, $"there is no deployment of '{Echo.Cut(Id(call))}' to change; models are served while their stages run");

    // The server leaves an escaped slash as it is.
    private static string Id(DialectCall call) => call.Route("id").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    private Task WriteAsync(DialectCall call, IReadOnlyList<OxenModel> models) => JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, json =>
    {
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        foreach (var model in models)
        {
            json.WriteStartObject();
            OxenModelResponse.Write(json, model, catalog.Created);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });
}
