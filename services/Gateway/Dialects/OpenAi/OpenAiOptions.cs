namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>Section <c>OpenAi</c>. Checked once, before the ports open.</summary>
internal sealed class OpenAiOptions
{
    public const string Section = "OpenAi";

    /// <summary>What generations without response_format are answered with: b64_json, as OpenAI's GPT models, vLLM-Omni and NIM do, or url, as SGLang does. Default b64_json.</summary>
    public string ResponseFormat { get; set; } = OpenAiDelivery.Base64;

    /// <summary>Seconds without an event after which a stream has a comment. Default 15.</summary>
    public double KeepAliveSeconds { get; set; } = 15;

    internal IEnumerable<string> Validate()
    {
        if (ResponseFormat is not (OpenAiDelivery.Base64 or OpenAiDelivery.Url))
        {
            yield return $"{Section}:{nameof(ResponseFormat)} is '{ResponseFormat}'; '{OpenAiDelivery.Base64}' and '{OpenAiDelivery.Url}' are allowed";
        }
        if (KeepAliveSeconds is not (>= 0.01 and <= 3600))
        {
            yield return FormattableString.Invariant($"{Section}:{nameof(KeepAliveSeconds)} is {KeepAliveSeconds}; 0.01 to 3600 are allowed");
        }
    }
}
