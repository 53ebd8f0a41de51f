namespace Grpc.Core;

/// <summary>Deadline and cancellation of a server call, for the calls that it makes.</summary>
public abstract class ContextPropagationToken
{
    /// <summary>Only this library derives from it.</summary>
    internal ContextPropagationToken()
    {
    }
}
