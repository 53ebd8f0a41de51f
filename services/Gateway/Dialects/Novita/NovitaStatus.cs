using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Novita;

/// <summary>The vendor's words for states.</summary>
internal static class NovitaStatus
{
    public const string Succeeded = "TASK_STATUS_SUCCEED";
    public const string Failed = "TASK_STATUS_FAILED";

    private const string Queued = "TASK_STATUS_QUEUED";
    private const string Processing = "TASK_STATUS_PROCESSING";

    public static readonly string[] All = [Queued, Processing, Succeeded, Failed];

    /// <param name="job">As it is now.</param>
    /// <param name="test">The status that a test of a webhook asks for; null without one.</param>
    /// <returns>The status, and for a failure its reason; else "".</returns>
    public static (string Status, string Reason) Of(Job job, string? test) => job.State switch
    {
        JobState.Queued => (Queued, ""),
        JobState.Running => (Processing, ""),
        JobState.Cancelled => (Failed, "the task was cancelled"),
        JobState.Failed => (Failed, job.Fault?.Detail ?? "the task failed"),
        _ when test == Failed => (Failed, "test mode: this failure was asked for"),
        _ when job.Result!.Pictures.All(picture => picture.IsFiltered) => (Failed, "the picture is withheld: content moderation flagged it"),
        _ => (Succeeded, ""),
    };
}
