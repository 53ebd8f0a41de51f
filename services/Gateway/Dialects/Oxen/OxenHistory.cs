using System.Text.Json;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>The routes below /api/ai/generations: all that the caller has asked for, at once or through the queue, while it is kept.</summary>
internal sealed class OxenHistory(OxenGenerations generations)
{
    private const int DefaultPageSize = 50;
    private const int MaxPageSize = 1000;
    private const int MaxPage = 1_000_000;

    public async Task ListAsync(DialectCall call)
    {
        var number = OxenQuery.Integer(call, "page", 1, MaxPage);
        var size = OxenQuery.Integer(call, "page_size", DefaultPageSize, MaxPageSize);
        var page = await generations.ListAsync(call, new JobQuery { Owner = call.Owner, Skip = (number - 1) * size, Take = size });
        var listed = new List<OxenGeneration>();
        foreach (var job in page.Jobs)
        {
            listed.Add(await generations.ReadAsync(job, call.BaseAddress, call.Aborted));
        }
        await JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, json =>
        {
            json.WriteNumber("count", listed.Count);
            Write(json, listed);
            json.WriteNumber("page_number", number);
            json.WriteNumber("page_size", size);
            json.WriteNumber("total_pages", (page.Total + size - 1) / size);
            json.WriteNumber("total_entries", page.Total);
            json.WriteNumber("total_cost", 0);
        });
    }

    public async Task GetAsync(DialectCall call)
    {
        var generation = await generations.FindAsync(call, call.Route("id"));
        await JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject("generation");
            generation.Write(json);
            json.WriteEndObject();
            json.WriteString("status", "success");
            json.WriteString("status_message", "resource_found");
        });
    }

    public static void Write(Utf8JsonWriter json, IEnumerable<OxenGeneration> listed)
    {
        json.WriteStartArray("generations");
        foreach (var generation in listed)
        {
            json.WriteStartObject();
            generation.Write(json);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
