using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Replicate;

internal static class ReplicateStatus
{
    public static IReadOnlyList<string> All { get; } = ["starting", "processing", "succeeded", "failed", "canceled"];

    public static string Of(JobState state) => state switch
    {
        JobState.Queued => "starting",
        JobState.Running => "processing",
        JobState.Succeeded => "succeeded",
        JobState.Cancelled => "canceled",
        _ => "failed",
    };
}
