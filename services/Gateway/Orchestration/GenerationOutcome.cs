using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Orchestration;

/// <summary>How a generation ended, for the metric: failures that are the client's, those that say "later", and those that are the mesh's.</summary>
internal static class GenerationOutcome
{
    public const string Succeeded = "succeeded";
    public const string Cancelled = "cancelled";

    /// <summary>4xx: the request is at fault.</summary>
    public const string Invalid = "invalid";

    /// <summary>429 and 503: the client may try again later.</summary>
    public const string Refused = "refused";

    /// <summary>Other 5xx.</summary>
    public const string Failed = "failed";

    public static string Of(GenerationFault fault) => fault.IsTransient ? Refused : fault.HttpStatus < 500 ? Invalid : Failed;
}
