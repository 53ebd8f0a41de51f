namespace QwenMesh.Gateway.Generation;

internal enum FailureKind
{
    /// <summary>The request is at fault.</summary>
    InvalidRequest,

    /// <summary>A stage does not offer what was asked.</summary>
    Unsupported,

    /// <summary>Every replica, or the Gateway itself, has enough to do.</summary>
    Overloaded,

    /// <summary>A stage could not be reached, or is not ready.</summary>
    Unavailable,

    DeadlineExceeded,

    /// <summary>A stage failed, or its answer breaks the contract.</summary>
    Internal,
}

/// <summary>Why there is no picture.</summary>
/// <param name="Stage">The stage at fault; null for the Gateway itself.</param>
/// <param name="Kind">What went wrong; the one thing that decides the HTTP status.</param>
/// <param name="Detail">For the client and the log.</param>
internal sealed record GenerationFailure(string? Stage, FailureKind Kind, string Detail)
{
    /// <summary>The one table from a failure to an HTTP status, the same for every dialect.</summary>
    public int HttpStatus => Kind switch
    {
        FailureKind.InvalidRequest or FailureKind.Unsupported => StatusCodes.Status422UnprocessableEntity,
        FailureKind.Overloaded => StatusCodes.Status429TooManyRequests,
        FailureKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        FailureKind.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>Whether the client should come back later.</summary>
    public bool IsTransient => Kind is FailureKind.Overloaded or FailureKind.Unavailable;
}

internal sealed class GenerationException(GenerationFailure failure, Exception? inner = null) : Exception(failure.Detail, inner)
{
    public GenerationFailure Failure { get; } = failure;
}
