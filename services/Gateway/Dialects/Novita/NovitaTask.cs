using System.Text.Json;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Novita;

/// <summary>What is kept with a job.</summary>
/// <param name="Test">The status that a test of a webhook asks for; null without one.</param>
internal sealed record NovitaTask(string? Test)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static NovitaTask Of(Job job) => JsonSerializer.Deserialize<NovitaTask>(job.Extra ?? "", Json) ?? throw new JsonException("a task is not null");

    public static string TypeOf(Job job) => job.Request.Task == GenerationTask.Edit ? "QWEN_IMAGE_EDIT" : "QWEN_IMAGE_TXT2IMG";

    public string Text() => JsonSerializer.Serialize(this, Json);
}
