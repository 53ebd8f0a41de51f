using System.Text.Json;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>A chat completion whose message has the pictures as data URIs; withheld ones are left out.</summary>
internal sealed class ChatResponse(TimeProvider time)
{
    private const string Usage = """{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}""";

    /// <exception cref="DialectException">All pictures are withheld; nothing is written yet.</exception>
    public Task WriteAsync(DialectCall call, string model, FinishedJob done)
    {
        ReadOnlyMemory<byte>[] files = [.. done.Result.Pictures.Where(picture => !picture.IsFiltered).Select(picture => picture.File)];
        if (files.Length == 0)
        {
            throw OpenAiErrors.Withheld();
        }
        return new Base64Answer(
            json => WriteHead(json, model, done.Job.Id),
            $$$"""{"type":"image_url","image_url":{"url":"data:{{{done.Job.Request.Format.MediaType()}}};base64,""",
            "\"}}",
            $$$"""]},"finish_reason":"stop"}],"usage":{{{Usage}}}}""").WriteAsync(call.Context.Response, files, call.Aborted);
    }

    private void WriteHead(Utf8JsonWriter json, string model, string id)
    {
        json.WriteString("id", $"chatcmpl-{id}");
        json.WriteString("object", "chat.completion");
        json.WriteNumber("created", time.GetUtcNow().ToUnixTimeSeconds());
        json.WriteString("model", model);
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteNumber("index", 0);
        json.WriteStartObject("message");
        json.WriteString("role", "assistant");
        json.WriteStartArray("content");
    }
}
