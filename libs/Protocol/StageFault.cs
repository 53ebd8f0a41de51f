namespace QwenMesh.Protocol;

/// <summary>Why a stage, or the Gateway, failed a call: the details of its google.rpc.Status.</summary>
/// <param name="Stage">"encoder", "denoiser", "vae" or "gateway".</param>
/// <param name="Reason">One of <see cref="FaultReasons"/>, or one of a newer version.</param>
/// <param name="Detail">For people; the status message.</param>
/// <param name="RetryDelay">The same request may succeed after it, here or on another replica; null when it will not.</param>
/// <param name="Fields">The request's fields at fault, by path.</param>
public sealed record StageFault(string Stage, string Reason, string Detail, TimeSpan? RetryDelay, IReadOnlyList<(string Field, string Description)> Fields)
{
    /// <summary>Whether the same request may succeed on another replica or later.</summary>
    public bool Retryable => RetryDelay is not null;
}
