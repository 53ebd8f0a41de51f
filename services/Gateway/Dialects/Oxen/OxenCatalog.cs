using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>The vendor's models that are served now, and the served models that the vendor does not have, under names without a publisher.</summary>
internal sealed class OxenCatalog(ModelDirectory models, TimeProvider time)
{
    private const string Publisher = "qwen/";

    /// <summary>When the Gateway was started; the vendor's own times of release are not repeated here.</summary>
    public DateTimeOffset Created { get; } = time.GetUtcNow();

    /// <exception cref="GenerationException">No model is ready.</exception>
    public IReadOnlyList<OxenModel> All()
    {
        models.DemandAny();
        var own = models.All.SelectMany(served => models.NamesOf(served).Select(name => Own(Short(name), served)));
        return [.. OxenModel.Documented.Where(IsServed), .. own.Where(model => Documented(model.Id) is null).DistinctBy(model => model.Id, StringComparer.OrdinalIgnoreCase)];
    }

    /// <exception cref="DialectException">It is not served.</exception>
    /// <exception cref="GenerationException">It is not ready.</exception>
    public OxenModel Find(string id)
    {
        models.DemandAny();
        if (Documented(id) is { } documented && IsServed(documented))
        {
            return documented;
        }
        return models.Choose(id) is { } served
            ? Own(Short(id), served)
            : throw new DialectException(DialectErrorKind.UnknownModel, $"Model not found: {Echo.Cut(id)}");
    }

    /// <summary>What draws a task of a model.</summary>
    /// <exception cref="GenerationException">It is not ready.</exception>
    public ServedModel For(OxenModel model, GenerationTask task) => models.ChooseAmong(model.Names, task);

    private bool IsServed(OxenModel model)
    {
        var task = model.NeedsPictures ? GenerationTask.Edit : GenerationTask.TextToImage;
        return models.Current is not null && Pipelines.Served(For(model, task)).Contains(task);
    }

    private static OxenModel? Documented(string id) => OxenModel.Documented.FirstOrDefault(model =>
        model.Id.Equals(id, StringComparison.OrdinalIgnoreCase)
        || (id.StartsWith(Publisher, StringComparison.OrdinalIgnoreCase) && model.Id.Equals(id[Publisher.Length..], StringComparison.OrdinalIgnoreCase)));

    private static OxenModel Own(string id, ServedModel served)
    {
        var edits = Pipelines.Served(served).Contains(GenerationTask.Edit);
        return new OxenModel(id, id, edits ? "Pictures from text, and edits" : "Pictures from text", edits ? OxenPictures.Optional : OxenPictures.None, "png", [id]);
    }

    private static string Short(string name) => name[(name.LastIndexOf('/') + 1)..];
}
