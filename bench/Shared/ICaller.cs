namespace QwenMesh.Bench;

/// <summary>Makes the same kind of call again and again, one at a time.</summary>
internal interface ICaller : IDisposable
{
    /// <exception cref="InvalidOperationException">It was refused.</exception>
    Task CallAsync();
}
