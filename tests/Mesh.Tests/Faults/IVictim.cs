namespace QwenMesh.Mesh.Tests.Faults;

/// <summary>A process that can be hit.</summary>
internal interface IVictim
{
    /// <summary>SIGKILL.</summary>
    Task KillAsync();

    /// <summary>SIGSTOP.</summary>
    Task StopAsync();

    /// <summary>It runs again.</summary>
    Task HealAsync(CancellationToken cancellationToken);
}
