using QwenMesh.Encoder.Pictures;

namespace QwenMesh.Encoder;

/// <summary>The prompts of one call, checked; they share its pictures.</summary>
/// <param name="Prompts">At least one, of one template.</param>
/// <param name="Pictures">In the order in which the template numbers them.</param>
internal sealed record EncodeJob(IReadOnlyList<EncodeKey> Prompts, IReadOnlyList<ReferencePicture> Pictures);
