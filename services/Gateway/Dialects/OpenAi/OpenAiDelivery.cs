using QwenMesh.Gateway.Dialects.Fields;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>The words of response_format: how the pictures reach the client.</summary>
internal static class OpenAiDelivery
{
    public const string Base64 = "b64_json";
    public const string Url = "url";

    /// <summary>vLLM-Omni's: the file itself, of several a ZIP archive.</summary>
    public const string File = "file";

    /// <summary>What is asked for; without it what clients of the named model expect, and else the Gateway's default.</summary>
    /// <param name="fields">The body.</param>
    /// <param name="isStream">Whether events are asked for; they hold the pictures.</param>
    /// <param name="model">As it was sent; an alias may be a name of OpenAI's models.</param>
    /// <param name="otherwise">The Gateway's default.</param>
    public static string Read(BodyFields fields, bool isStream, string? model, string otherwise)
    {
        var asked = fields.Choice("response_format", Base64, Url, File);
        if (!isStream)
        {
            return asked ?? Default(model ?? "", otherwise);
        }
        if (asked is not (null or Base64))
        {
            fields.Refuse("response_format", $"the events of a stream hold the pictures themselves; ask for '{Base64}' or leave it out");
        }
        return Base64;
    }

    private static string Default(string model, string otherwise) => model[(model.LastIndexOf('/') + 1)..] switch
    {
        var name when name.StartsWith("gpt-image", StringComparison.OrdinalIgnoreCase) => Base64,
        var name when name.StartsWith("dall-e", StringComparison.OrdinalIgnoreCase) => Url,
        _ => otherwise,
    };
}
