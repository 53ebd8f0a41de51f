namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Disposes of what was made for a call.</summary>
internal static class Activated
{
    public static ValueTask DisposeAsync(object instance)
    {
        if (instance is IAsyncDisposable asynchronous)
        {
            return asynchronous.DisposeAsync();
        }

        (instance as IDisposable)?.Dispose();
        return default;
    }
}
