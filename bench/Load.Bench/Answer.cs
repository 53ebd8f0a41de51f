namespace QwenMesh.Load.Bench;

internal enum AnswerKind
{
    /// <summary>A picture.</summary>
    Done,

    /// <summary>429 or 503 that says when to come back.</summary>
    Refused,

    /// <summary>Anything else.</summary>
    Failed,
}

/// <param name="Kind">What came.</param>
/// <param name="Reason">Of a failure.</param>
internal readonly record struct Answer(AnswerKind Kind, string Reason = "");
