namespace Grpc.Core;

/// <summary>What a call takes over from the call that it is made in.</summary>
public class ContextPropagationOptions
{
    /// <summary>Deadline and cancellation are taken over.</summary>
    public static readonly ContextPropagationOptions Default = new();

    /// <summary>Options with the parts chosen.</summary>
    public ContextPropagationOptions(bool propagateDeadline = true, bool propagateCancellation = true)
    {
        IsPropagateDeadline = propagateDeadline;
        IsPropagateCancellation = propagateCancellation;
    }

    /// <summary>The earlier deadline wins.</summary>
    public bool IsPropagateDeadline { get; }

    /// <summary>Cancelling the parent cancels the child.</summary>
    public bool IsPropagateCancellation { get; }
}
