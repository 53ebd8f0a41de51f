namespace QwenMesh.Checkpoints;

/// <summary>How much of a component a model has taken.</summary>
/// <param name="Taken">Bytes, as stored.</param>
/// <param name="Total">Bytes of all tensors of the component, as stored.</param>
public readonly record struct LoadProgress(long Taken, long Total);
