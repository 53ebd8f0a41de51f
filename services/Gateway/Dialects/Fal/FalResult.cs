using System.Text.Json;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Dialects.Fal;

/// <summary>{"images":[{"url",...}],"timings":{"inference":N},"seed":N,"has_nsfw_concepts":[false],"prompt":"..."}</summary>
internal static class FalResult
{
    /// <summary>The members of the body.</summary>
    public static void Write(Utf8JsonWriter json, Job job, IReadOnlyList<FalImage> images)
    {
        var type = job.Request.Format.MediaType();
        json.WriteStartArray("images");
        foreach (var image in images)
        {
            json.WriteStartObject();
            json.WriteString("url", image.Url);
            json.WriteString("content_type", type);
            json.WriteString("file_name", $"{job.Id}-{image.Picture.Number}.{FileTypes.ExtensionOf(type)}");
            json.WriteNumber("file_size", image.Bytes);
            json.WriteNumber("width", image.Picture.Size.Width);
            json.WriteNumber("height", image.Picture.Size.Height);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartObject("timings");
        json.WriteNumber("inference", Math.Round(job.Result!.Timings.Total, 3));
        json.WriteEndObject();
        json.WriteNumber("seed", images[0].Picture.Seed);
        json.WriteStartArray("has_nsfw_concepts");
        foreach (var image in images)
        {
            json.WriteBooleanValue(image.Picture.IsFiltered);
        }
        json.WriteEndArray();
        json.WriteString("prompt", job.Request.Prompt);
    }
}
