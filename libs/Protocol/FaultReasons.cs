namespace QwenMesh.Protocol;

/// <summary>
/// Stable reasons of google.rpc.ErrorInfo, domain "qwenmesh". Which end a call has met, where the status code alone does not tell.
/// </summary>
public static class FaultReasons
{
    public const string Domain = "qwenmesh";

    /// <summary>The request is wrong; sending it again fails again. INVALID_ARGUMENT.</summary>
    public const string InvalidRequest = "INVALID_REQUEST";

    /// <summary>A message could not be decoded. INVALID_ARGUMENT.</summary>
    public const string MalformedMessage = "MALFORMED_MESSAGE";

    /// <summary>A tensor's bytes have changed on their way. DATA_LOSS; sending it again helps.</summary>
    public const string Corrupted = "CORRUPTED";

    /// <summary>A message is larger than the receiver takes. RESOURCE_EXHAUSTED; sending it again fails again.</summary>
    public const string MessageTooLarge = "MESSAGE_TOO_LARGE";

    /// <summary>The caller left its input incomplete for too long. DEADLINE_EXCEEDED.</summary>
    public const string InputTimeout = "INPUT_TIMEOUT";

    /// <summary>The call took longer than the stage allows one. DEADLINE_EXCEEDED.</summary>
    public const string CallTimeout = "CALL_TIMEOUT";

    /// <summary>The stage does not offer what was asked. UNIMPLEMENTED.</summary>
    public const string Unsupported = "UNSUPPORTED";

    /// <summary>The stage lacks a feature that the request requires; another version may have it. UNIMPLEMENTED.</summary>
    public const string FeatureMissing = "FEATURE_MISSING";

    /// <summary>Weights are not loaded or warm yet, or the stage is shutting down. UNAVAILABLE.</summary>
    public const string NotReady = "NOT_READY";

    /// <summary>The queue is full, or memory is. RESOURCE_EXHAUSTED.</summary>
    public const string Overloaded = "OVERLOADED";

    /// <summary>The Gateway knows no such caller: no API key, or an unknown one. UNAUTHENTICATED.</summary>
    public const string Unauthenticated = "UNAUTHENTICATED";

    /// <summary>The caller's API key does not allow it. PERMISSION_DENIED.</summary>
    public const string Forbidden = "FORBIDDEN";

    /// <summary>The caller has used up its rate or its calls at a time. RESOURCE_EXHAUSTED.</summary>
    public const string RateLimited = "RATE_LIMITED";

    /// <summary>A guardrail of the Gateway refuses the prompt or a picture. INVALID_ARGUMENT.</summary>
    public const string ContentFiltered = "CONTENT_FILTERED";

    /// <summary>There is no job of this id, or it is another caller's. NOT_FOUND.</summary>
    public const string NotFound = "NOT_FOUND";

    /// <summary>The job was cancelled. CANCELLED.</summary>
    public const string Cancelled = "CANCELLED";

    /// <summary>The deadline of the generation has passed: before it was accepted, while it waited, or while it was drawn. DEADLINE_EXCEEDED.</summary>
    public const string DeadlinePassed = "DEADLINE_PASSED";

    /// <summary>The computation failed. INTERNAL.</summary>
    public const string ComputationFailed = "COMPUTATION_FAILED";

    /// <summary>The computation does not get on, and the stage ends with it: its device hangs. ABORTED; another replica may do better.</summary>
    public const string ComputationHung = "COMPUTATION_HUNG";

    /// <summary>The call ended in a way that only its status code tells.</summary>
    public const string Other = "OTHER";
}
