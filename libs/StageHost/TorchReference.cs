using QwenMesh.Tensors.Torch;

namespace QwenMesh.StageHost;

/// <summary>
/// Names the Torch engine, which is otherwise found by its file: a build copies an assembly beside a program only when another refers to it.
/// Compiled with -p:Torch alone.
/// </summary>
internal static class TorchReference
{
    public static Type Engine => typeof(TorchEngine);
}
