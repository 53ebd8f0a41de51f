namespace QwenMesh.Gateway.Guardrails;

/// <summary>What a guardrail looks at, as audit records and the metric name it.</summary>
internal static class Subjects
{
    public const string Prompt = "prompt";

    /// <summary>A picture that came with the request.</summary>
    public const string Reference = "reference";

    /// <summary>A picture or a preview that was drawn.</summary>
    public const string Picture = "picture";
}
