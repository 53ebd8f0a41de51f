using System.Text.Json;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>
/// {"id":"...","created":N,"background":"opaque","output_format":"png","quality":"auto","size":"1024x1024","inference_time_s":1.5,"data":[{"b64_json":"..."}]},
/// or url in place of b64_json, or the file. The id and the time are SGLang's: /v1/images/{id}/content has the picture, too. Withheld pictures are left out.
/// </summary>
internal sealed class OpenAiResponse(ResultUrls urls, TimeProvider time)
{
    /// <exception cref="DialectException">All pictures are withheld; nothing is written yet.</exception>
    public Task WriteAsync(DialectCall call, OpenAiRequest parsed, FinishedJob done)
    {
        GeneratedPicture[] shown = [.. done.Result.Pictures.Where(picture => !picture.IsFiltered)];
        if (shown.Length == 0)
        {
            throw OpenAiErrors.Withheld();
        }
        return parsed.Delivery switch
        {
            OpenAiDelivery.Url => WriteUrlsAsync(call, parsed, done),
            OpenAiDelivery.File => OpenAiFiles.WriteAsync(call.Context.Response, done.Job, shown, call.Aborted),
            _ => new Base64Answer(json => WriteHead(json, parsed, done), "{\"b64_json\":\"", "\"}", "]}")
                .WriteAsync(call.Context.Response, [.. shown.Select(picture => picture.File)], call.Aborted),
        };
    }

    private async Task WriteUrlsAsync(DialectCall call, OpenAiRequest parsed, FinishedJob done)
    {
        var addresses = await urls.OfAsync(done.Job, call.BaseAddress, call.Aborted);
        await JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, json =>
        {
            WriteHead(json, parsed, done);
            foreach (var address in addresses.OfType<string>())
            {
                json.WriteStartObject();
                json.WriteString("url", address);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
    }

    private void WriteHead(Utf8JsonWriter json, OpenAiRequest parsed, FinishedJob done)
    {
        json.WriteString("id", done.Job.Id);
        json.WriteNumber("created", time.GetUtcNow().ToUnixTimeSeconds());
        json.WriteString("background", "opaque");
        json.WriteString("output_format", parsed.OutputFormat);
        json.WriteString("quality", parsed.Quality);
        json.WriteString("size", done.Result.Pictures[0].Size.ToString());
        json.WriteNumber("inference_time_s", Math.Round(done.Result.Timings.Total, 3));
        json.WriteStartArray("data");
    }
}
