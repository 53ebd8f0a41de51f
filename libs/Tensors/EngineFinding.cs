namespace QwenMesh.Tensors;

/// <summary>One thing that an engine found, or missed, on this machine.</summary>
/// <param name="Name">What it is, e.g. "driver".</param>
/// <param name="Value">What was found; or what is missing, and what to do about it.</param>
/// <param name="IsMissing">Whether the engine cannot be opened because of it.</param>
public sealed record EngineFinding(string Name, string Value, bool IsMissing = false);
