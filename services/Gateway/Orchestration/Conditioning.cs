using QwenMesh.Gateway.Artifacts;
using QwenMesh.Gateway.Stages;

namespace QwenMesh.Gateway.Orchestration;

/// <summary>Everything that all pictures of a generation are drawn from; held until the last one is drawn.</summary>
internal sealed class Conditioning : IDisposable
{
    private readonly List<OutgoingArtifact> _tensors = [];

    /// <summary>Under the names that the Denoiser knows them by.</summary>
    public IReadOnlyList<OutgoingArtifact> Tensors => _tensors;

    public void Add(Artifact artifact, string name, int index = 0)
    {
        lock (_tensors)
        {
            _tensors.Add(new OutgoingArtifact(artifact, name, index));
        }
    }

    public void Dispose()
    {
        foreach (var tensor in _tensors)
        {
            tensor.Artifact.Dispose();
        }
        _tensors.Clear();
    }
}
