using System.Text.Json;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>A job in the vendor's terms.</summary>
/// <param name="Job">What is stored.</param>
/// <param name="Extra">What its request said.</param>
/// <param name="Urls">Of its pictures; null for one that is withheld. Empty until it has succeeded.</param>
/// <param name="Inputs">Addresses of the pictures that were sent.</param>
internal sealed record OxenGeneration(Job Job, OxenExtra Extra, IReadOnlyList<string?> Urls, IReadOnlyList<string> Inputs)
{
    public const string Withheld = "the picture was withheld by content moderation";

    // A job without a picture to show has not succeeded for its client.
    private bool IsWithheld => Job.State == JobState.Succeeded && Urls.All(url => url is null);

    public string Status => IsWithheld ? "failed" : StatusOf(Job.State);

    public string? Url => Urls.FirstOrDefault(url => url is not null);

    public string? Error => IsWithheld ? Withheld : Job.State == JobState.Failed ? Job.Fault?.Detail ?? "unknown error" : null;

    public static string StatusOf(JobState state) => state switch
    {
        JobState.Queued => "queued",
        JobState.Running => "processing",
        JobState.Succeeded => "succeeded",
        JobState.Failed => "failed",
        _ => "cancelled",
    };

    /// <summary>The members of the vendor's object, with the request's parameters among them.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("generation_id", Job.Id);
        json.WriteString("model_name", Extra.Model);
        json.WriteString("model", Extra.Model);
        json.WriteString("prompt", Job.Request.Prompt);
        json.WriteString("media_type", "image");
        json.WriteString("status", Status);
        json.WriteString("result_url", Url);
        json.WriteString("error_message", Error);
        WriteTime(json, "enqueued_at", Job.CreatedAt);
        WriteTime(json, "started_at", Job.StartedAt);
        WriteTime(json, "completed_at", Job.EndedAt);
        json.WriteString("target_namespace", Extra.Namespace);
        json.WriteNull("target_repo");
        json.WriteNull("target_directory");
        if (Job.Request.NegativePrompt is { } negative)
        {
            json.WriteString("negative_prompt", negative);
        }
        json.WriteNumber("seed", Job.Request.Seed);
        foreach (var (name, value) in Extra.Sent)
        {
            json.WritePropertyName(name);
            value!.WriteTo(json);
        }
        WriteInputs(json);
    }

    /// <summary>The data of the event that tells its end.</summary>
    public void WriteEvent(Utf8JsonWriter json)
    {
        json.WriteString("generation_id", Job.Id);
        json.WriteString("status", Status);
        json.WriteString("media_type", "image");
        json.WriteString("model", Extra.Model);
        if (Error is { } error)
        {
            json.WriteString("error", error);
        }
        else
        {
            json.WriteString("url", Url);
        }
    }

    private void WriteInputs(Utf8JsonWriter json)
    {
        if (Inputs.Count == 0)
        {
            return;
        }
        if (!Extra.IsList && Inputs.Count == 1)
        {
            json.WriteString("input_image", Inputs[0]);
            return;
        }
        json.WriteStartArray("input_image");
        foreach (var input in Inputs)
        {
            json.WriteStringValue(input);
        }
        json.WriteEndArray();
    }

    private static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset? at)
    {
        if (at is { } time)
        {
            json.WriteNumber(name, time.ToUnixTimeSeconds());
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
