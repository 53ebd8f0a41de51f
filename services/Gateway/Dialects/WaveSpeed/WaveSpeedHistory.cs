using System.Globalization;
using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.WaveSpeed;

/// <summary>POST /predictions: the caller's predictions, the newest first.</summary>
internal sealed class WaveSpeedHistory(JobQueue queue, WaveSpeedPredictions predictions)
{
    public const int MaxPageSize = 100;
    public const int MaxPage = 1_000_000;

    public static readonly string[] Statuses = ["created", "processing", "completed", "failed"];

    // The vendor's model is not the served one's name, so that the store cannot look for it.
    private const int MostLookedAt = 10_000;

    public async Task AnswerAsync(DialectCall call)
    {
        int page, size;
        string? model;
        JobQuery query;
        using (var body = await call.ReadBodyAsync(BodyForm.Json))
        {
            var fields = body.Fields();
            page = Number(fields, "page", MaxPage);
            size = Number(fields, "page_size", MaxPageSize);
            model = fields.Text("model", maxLength: 256) is { Length: > 0 } named ? named : null;
            query = new JobQuery
            {
                Owner = call.Owner,
                Dialect = WaveSpeedEndpoints.Key,
                States = States(fields.Raw("status") is { } status && status.ValueEquals("") ? null : fields.Choice("status", Statuses)),
                CreatedFrom = Time(fields, "created_after"),
                CreatedBefore = Time(fields, "created_before"),
                Skip = (page - 1) * size,
                Take = size,
            };
            fields.ThrowIfFaulty(call.Strict);
            ResponseHeaders.SetIgnored(call.Context.Response, [.. fields.Unknown]);
        }
        var found = model is null ? await queue.ListAsync(query, call.Aborted) : await OfModelAsync(query, model, call.Aborted);
        var items = new List<WaveSpeedPrediction>();
        foreach (var job in found.Jobs)
        {
            items.Add(await predictions.WithAddressesAsync(job, call.BaseAddress, call.Aborted));
        }
        await WriteAsync(call, page, found.Total, items);
    }

    private static Task WriteAsync(DialectCall call, int page, int total, List<WaveSpeedPrediction> items) => WaveSpeedResponse.WriteAsync(call.Context, json =>
    {
        json.WriteNumber("page", page);
        json.WriteNumber("total", total);
        json.WriteStartArray("items");
        foreach (var item in items)
        {
            json.WriteStartObject();
            item.Write(json, withInput: true, withExecutionTime: true);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    private async Task<JobPage> OfModelAsync(JobQuery query, string model, CancellationToken cancellationToken)
    {
        var found = new List<Job>();
        string? after = null;
        for (var looked = 0; looked < MostLookedAt; looked += MaxPageSize)
        {
            var some = await queue.ListAsync(query with { Skip = 0, Take = MaxPageSize, AfterId = after }, cancellationToken);
            found.AddRange(some.Jobs.Where(job => model.Equals(WaveSpeedInput.Of(job).Model, StringComparison.OrdinalIgnoreCase)));
            if (some.Jobs.Count < MaxPageSize)
            {
                break;
            }
            after = some.Jobs[^1].Id;
        }
        return new JobPage([.. found.Skip(query.Skip).Take(query.Take)], found.Count);
    }

    private static int Number(BodyFields fields, string name, int most)
    {
        if (fields.Raw(name) is null)
        {
            fields.Missing(name);
        }
        return (int)(fields.Integer(name, 1, most) ?? 1);
    }

    private static JobState[] States(string? status) => status switch
    {
        "created" => [JobState.Queued],
        "processing" => [JobState.Running],
        "completed" => [JobState.Succeeded],
        "failed" => [JobState.Failed, JobState.Cancelled],
        _ => [],
    };

    private static DateTimeOffset? Time(BodyFields fields, string name)
    {
        if (fields.Text(name, maxLength: 64) is not { Length: > 0 } text)
        {
            return null;
        }
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
        {
            return at;
        }
        fields.Refuse(name, "a time is written as in '2026-01-01T00:00:00Z'");
        return null;
    }
}
