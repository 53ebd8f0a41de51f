namespace Grpc.Core;

/// <summary>The deadline and token that a server call hands on.</summary>
internal sealed class ParentCallContext(DateTime? deadline, CancellationToken cancellationToken) : ContextPropagationToken
{
    public DateTime? Deadline { get; } = deadline;

    public CancellationToken CancellationToken { get; } = cancellationToken;
}
