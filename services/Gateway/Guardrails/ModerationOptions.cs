namespace QwenMesh.Gateway.Guardrails;

/// <summary>Section <c>Guardrails:Moderation</c>: a service with the interface of OpenAI's moderation endpoint.</summary>
internal sealed class ModerationOptions
{
    /// <summary>E.g. https://api.openai.com/v1/moderations. Default empty: nobody is asked.</summary>
    public string Url { get; set; } = "";

    /// <summary>Sent as a bearer token; never logged. Default empty: none is sent.</summary>
    public string ApiKey { get; set; } = "";

    /// <summary>Name of the service's model; empty leaves it to the service. Default omni-moderation-latest.</summary>
    public string Model { get; set; } = "omni-moderation-latest";

    /// <summary>Whether prompts are sent to it. Default true.</summary>
    public bool Prompts { get; set; } = true;

    /// <summary>Whether finished pictures and previews are sent to it. Default true.</summary>
    public bool Pictures { get; set; } = true;

    /// <summary>Whether pictures that come with a request are sent to it. Default true.</summary>
    public bool References { get; set; } = true;

    /// <summary>Seconds for one question, attempts and the answer included. Default 10.</summary>
    public double TimeoutSeconds { get; set; } = 10;

    /// <summary>What happens when it gives no answer. Default refuse.</summary>
    public ModerationErrorChoice OnError { get; set; } = ModerationErrorChoice.Refuse;

    internal bool AsksForPrompts => Url.Length > 0 && Prompts;

    internal bool AsksForPictures => Url.Length > 0 && Pictures;

    internal bool AsksForReferences => Url.Length > 0 && References;

    internal IEnumerable<string> Validate(string section)
    {
        if (Url.Length > 0 && !(Uri.TryCreate(Url, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0))
        {
            // Not repeated: an address with a password would show it.
            yield return $"{section}:{nameof(Url)} is not an http or https address without user name";
        }
        if (ApiKey.Any(character => character is <= ' ' or > '~'))
        {
            yield return $"{section}:{nameof(ApiKey)} has characters that no header may have";
        }
        if (!(TimeoutSeconds is >= 0.05 and <= 600))
        {
            yield return FormattableString.Invariant($"{section}:{nameof(TimeoutSeconds)} is {TimeoutSeconds}; 0.05 to 600 are allowed");
        }
        if (!Enum.IsDefined(OnError))
        {
            yield return $"{section}:{nameof(OnError)} is {OnError}; refuse and allow are allowed";
        }
    }
}

/// <summary>What happens to what could not be checked.</summary>
internal enum ModerationErrorChoice
{
    /// <summary>It is refused for the time being.</summary>
    Refuse,

    /// <summary>It passes unchecked.</summary>
    Allow,
}
