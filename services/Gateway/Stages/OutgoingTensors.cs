using QwenMesh.Gateway.Artifacts;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Stages;

/// <summary>A tensor of the store under the name that the next stage knows it by.</summary>
internal sealed record OutgoingArtifact(Artifact Artifact, string Name, int Index = 0);

internal static class OutgoingTensors
{
    /// <summary>All frames, with ids of this call.</summary>
    public static async IAsyncEnumerable<TensorFrame> ReadAsync(IReadOnlyList<OutgoingArtifact> tensors)
    {
        for (var id = 0; id < tensors.Count; id++)
        {
            await foreach (var frame in tensors[id].Artifact.ReadAsync((uint)id, tensors[id].Name, tensors[id].Index))
            {
                yield return frame;
            }
        }
    }
}
