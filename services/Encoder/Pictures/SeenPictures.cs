using QwenMesh.Encoder.Qwen25Vl;
using QwenMesh.Tensors;

namespace QwenMesh.Encoder.Pictures;

/// <summary>What the vision tower made of a call's pictures; its prompts share it.</summary>
/// <param name="Grids">Squares of each picture.</param>
/// <param name="Rows">Rows for the text model of each picture, [squares, hidden].</param>
internal sealed record SeenPictures(IReadOnlyList<PatchGrid> Grids, IReadOnlyList<Tensor> Rows) : IDisposable
{
    public static SeenPictures None { get; } = new([], []);

    public void Dispose()
    {
        foreach (var rows in Rows)
        {
            rows.Dispose();
        }
    }
}
