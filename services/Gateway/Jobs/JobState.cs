namespace QwenMesh.Gateway.Jobs;

/// <summary>Where a job is. The last three are ends.</summary>
internal enum JobState
{
    /// <summary>Accepted, which is to say stored; waits for a Gateway to run it.</summary>
    Queued,

    /// <summary>A Gateway holds it.</summary>
    Running,

    /// <summary>Its pictures are stored.</summary>
    Succeeded,

    /// <summary>There is no picture; its fault says why.</summary>
    Failed,

    /// <summary>Ended by its client.</summary>
    Cancelled,
}

internal static class JobStates
{
    public static bool IsEnd(this JobState state) => state >= JobState.Succeeded;
}
