namespace QwenMesh.ServiceDefaults;

/// <summary>The model behind a stage. Registered as a singleton by the stage; loaded once, in the background, after the ports are open.</summary>
public interface IStageModel
{
    /// <summary>Maps the weights and runs a small warm-up. The stage turns ready when it returns and exits when it throws.</summary>
    Task LoadAsync(CancellationToken cancellationToken);
}
