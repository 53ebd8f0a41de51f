namespace QwenMesh.Gateway.Generation;

/// <summary>What went wrong.</summary>
public enum FaultKind
{
    /// <summary>The request is at fault.</summary>
    InvalidRequest,

    /// <summary>A stage does not offer what was asked.</summary>
    Unsupported,

    /// <summary>A guardrail refuses what is asked for.</summary>
    ContentFiltered,

    /// <summary>Somebody has ended it.</summary>
    Cancelled,

    /// <summary>All replicas, or the Gateway itself, are at their limit.</summary>
    Overloaded,

    /// <summary>A stage could not be reached, or is not ready.</summary>
    Unavailable,

    /// <summary>Not finished in time.</summary>
    DeadlineExceeded,

    /// <summary>A stage failed, or its answer breaks the contract.</summary>
    Internal,
}

/// <summary>Why there is no picture.</summary>
/// <param name="Stage">The stage at fault; null for the Gateway itself.</param>
/// <param name="Kind">What went wrong; the one thing that decides the HTTP status.</param>
/// <param name="Detail">For the client and the log.</param>
public sealed record GenerationFault(string? Stage, FaultKind Kind, string Detail)
{
    /// <summary>When trying again is worth it, as far as that is known. For faults that are transient.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The one table from a fault to an HTTP status, the same for every dialect.</summary>
    public int HttpStatus => Kind switch
    {
        FaultKind.InvalidRequest or FaultKind.Unsupported => StatusCodes.Status422UnprocessableEntity,
        FaultKind.ContentFiltered => StatusCodes.Status400BadRequest,
        FaultKind.Cancelled => StatusCodes.Status409Conflict,
        FaultKind.Overloaded => StatusCodes.Status429TooManyRequests,
        FaultKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        FaultKind.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>Whether the client may try again later.</summary>
    public bool IsTransient => Kind is FaultKind.Overloaded or FaultKind.Unavailable;
}

/// <summary>There is no picture.</summary>
public sealed class GenerationException(GenerationFault fault, Exception? inner = null) : Exception(fault.Detail, inner)
{
    /// <summary>Why.</summary>
    public GenerationFault Fault { get; } = fault;
}
