namespace QwenMesh.Mesh.Tests.Faults;

/// <summary>What a client has in the end.</summary>
/// <param name="Kind">In one word.</param>
/// <param name="Detail">An error's text.</param>
internal sealed record Outcome(OutcomeKind Kind, string Detail = "");

internal enum OutcomeKind
{
    /// <summary>The same picture, bit for bit.</summary>
    Picture,

    /// <summary>An answer that says in the dialect's form what went wrong.</summary>
    Error,

    /// <summary>Anything else: another picture, no answer, an answer that cannot be read.</summary>
    Wrong,
}
