using System.Text.Json;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>The events of a stream, with all of the fields that the vendor's clients declare.</summary>
internal sealed class OpenAiEvents(ServerSentEvents events, OpenAiRequest parsed, TimeProvider time)
{
    private readonly HashSet<int> _completed = [];
    private ImageSize _size;
    private int _partial;

    /// <summary>Whether a picture has been sent.</summary>
    public bool HasPicture => _completed.Count > 0;

    public Task WriteAsync(GenerationEvent happened)
    {
        switch (happened)
        {
            case GenerationAccepted { Request.Size: { } size }:
                _size = size;
                return events.StartAsync();
            case PreviewDrawn preview:
                return WriteAsync("partial_image", preview.File, _size, json => json.WriteNumber("partial_image_index", _partial++));
            case PictureDrawn { Picture: var picture }:
                return WriteAsync(picture);
            default:
                return Task.CompletedTask;
        }
    }

    /// <summary>A finished picture, unless it is sent already.</summary>
    public Task WriteAsync(GeneratedPicture picture) =>
        _completed.Add(picture.Number) ? WriteAsync("completed", picture.File, picture.Size, WriteUsage) : Task.CompletedTask;

    public Task WriteAsync(DialectError error) => events.WriteAsync("error", json => OpenAiErrors.Write(json, error, error.Detail));

    private Task WriteAsync(string what, ReadOnlyMemory<byte> file, ImageSize size, Action<Utf8JsonWriter> more)
    {
        var name = $"{(parsed.Pictures is null ? "image_generation" : "image_edit")}.{what}";
        return events.WriteAsync(name, json =>
        {
            json.WriteString("type", name);
            json.WriteBase64String("b64_json", file.Span);
            json.WriteNumber("created_at", time.GetUtcNow().ToUnixTimeSeconds());
            json.WriteString("size", size.ToString());
            json.WriteString("quality", parsed.Quality);
            json.WriteString("background", parsed.Background);
            json.WriteString("output_format", parsed.OutputFormat);
            more(json);
        });
    }

    // Nothing is billed by tokens here; the vendor's clients read the numbers without asking whether they are there.
    private static void WriteUsage(Utf8JsonWriter json)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("input_tokens", 0);
        json.WriteStartObject("input_tokens_details");
        json.WriteNumber("text_tokens", 0);
        json.WriteNumber("image_tokens", 0);
        json.WriteEndObject();
        json.WriteNumber("output_tokens", 0);
        json.WriteNumber("total_tokens", 0);
        json.WriteEndObject();
    }
}
