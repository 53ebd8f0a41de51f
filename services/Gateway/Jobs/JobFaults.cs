using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Jobs;

/// <summary>Faults that come from jobs, not from drawing.</summary>
internal static class JobFaults
{
    public static GenerationFault Cancelled { get; } = new(null, FaultKind.Cancelled, "the job was cancelled");

    /// <summary>Nobody wants it when it comes.</summary>
    public static GenerationFault TooLate { get; } = new(null, FaultKind.DeadlineExceeded, "the request's deadline has passed");

    public static GenerationFault NoStore { get; } = new(null, FaultKind.Unavailable, "the store of jobs cannot be reached; try again later");

    /// <summary>Of who watches a job that does not run here.</summary>
    public static GenerationFault Stopping { get; } = new(null, FaultKind.Unavailable, "this gateway is stopping; ask again");

    public static GenerationFault Gone { get; } = new(null, FaultKind.Internal, "the job is not kept any more");
}
