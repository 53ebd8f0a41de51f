using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Files;

/// <summary>A store of files that cannot be reached, as a fault after which a client may come back.</summary>
internal static class BlobFaults
{
    public static GenerationFault Unreachable { get; } = new(null, FaultKind.Unavailable, "the store of files cannot be reached; try again later");

    /// <exception cref="GenerationException">The store failed: <see cref="Unreachable"/>.</exception>
    public static async Task<T> ReachAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (IOException exception)
        {
            throw new GenerationException(Unreachable, exception);
        }
    }

    /// <inheritdoc cref="ReachAsync{T}(Func{Task{T}})"/>
    public static Task ReachAsync(Func<Task> ask) => ReachAsync(async () =>
    {
        await ask();
        return true;
    });
}
