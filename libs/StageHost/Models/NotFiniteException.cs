using QwenMesh.Tensors;

namespace QwenMesh.StageHost;

/// <summary>A model's result is not made of numbers.</summary>
/// <param name="what">The result, e.g. "the picture".</param>
public sealed class NotFiniteException(string what)
    : Exception($"{what} came out with values that are not finite (NaN or infinite); the checkpoint's weights may be damaged");
