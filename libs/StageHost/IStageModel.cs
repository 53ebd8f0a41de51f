using QwenMesh.Protocol.V1;

namespace QwenMesh.StageHost;

/// <summary>The model behind a stage. Registered as a singleton by the stage; loaded once, in the background, after the ports are open.</summary>
public interface IStageModel
{
    /// <summary>What was loaded, without what the host adds; null until the weights are mapped.</summary>
    ModelInfo? Info { get; }

    /// <summary>Maps the weights and runs a small warm-up. The stage turns ready when it returns and exits when it throws.</summary>
    Task LoadAsync(CancellationToken cancellationToken);
}
