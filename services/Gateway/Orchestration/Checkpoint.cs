namespace QwenMesh.Gateway.Orchestration;

/// <summary>What has been denoised of one picture. Whoever goes on from it gets the same bits: all draws are made from the seed before the first step.</summary>
/// <param name="Plan">What it belongs to (<see cref="CheckpointPlan"/>); with another plan it is of no use.</param>
/// <param name="Step">Steps done.</param>
/// <param name="IsLast">Whether no step is left.</param>
/// <param name="Shape">[channels, latent height, latent width].</param>
/// <param name="Latents">Float32, row-major.</param>
internal sealed record Checkpoint(string Plan, int Step, bool IsLast, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Latents);

/// <summary>Keeps checkpoints of one generation where another Gateway finds them.</summary>
internal interface ICheckpoints
{
    /// <summary>What an earlier attempt has kept of a picture; null when there is nothing for this plan.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled. Nothing else is thrown: a checkpoint that cannot be read is none.</exception>
    Task<Checkpoint?> FindAsync(int picture, string plan, CancellationToken cancellationToken);

    /// <summary>Whether it is time for another one of a picture.</summary>
    bool Wants(int picture);

    /// <summary>Keeps one in a moment, in place of the earlier ones of its picture. The drawing does not wait for it, nor fail with it.</summary>
    void Keep(int picture, Checkpoint checkpoint);
}
