using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects;

/// <summary>Why a request is not answered, before a dialect words it.</summary>
public enum DialectErrorKind
{
    /// <summary>The body is not of the form that its content type says: no JSON, a broken form, damaged compression.</summary>
    InvalidBody,

    /// <summary>The transfer of the body broke, e.g. chunks that are none.</summary>
    BrokenTransfer,

    /// <summary>The body did not arrive in time.</summary>
    BodyTimeout,

    /// <summary>The body is larger than is read.</summary>
    BodyTooLarge,

    /// <summary>A content type or a content encoding that is not read.</summary>
    UnsupportedMediaType,

    /// <summary>Fields are at fault; <see cref="DialectError.Fields"/> has them.</summary>
    InvalidFields,

    /// <summary>The request as a whole is at fault, as a stage says.</summary>
    InvalidRequest,

    /// <summary>There is no such path.</summary>
    UnknownRoute,

    /// <summary>The path is not served with this method.</summary>
    WrongMethod,

    /// <summary>No API key, or one that is not known.</summary>
    Unauthenticated,

    /// <summary>The API key does not allow it.</summary>
    Forbidden,

    /// <summary>The API key's rate or its calls at a time are used up.</summary>
    RateLimited,

    /// <summary>A guardrail refuses the prompt or a picture of the request.</summary>
    ContentFiltered,

    /// <summary>The job has been ended before it was finished.</summary>
    Cancelled,

    /// <summary>There is no job, file or asset of this id.</summary>
    NotFound,

    /// <summary>The model that was asked for is not served.</summary>
    UnknownModel,

    /// <summary>Everything is at its limit.</summary>
    Overloaded,

    /// <summary>A stage could not be reached, or no model is ready.</summary>
    Unavailable,

    /// <summary>Not finished in time.</summary>
    DeadlineExceeded,

    /// <summary>The Gateway or a stage failed.</summary>
    Internal,
}

/// <summary>Why a request is not answered. A dialect's <see cref="IDialect.WriteErrorAsync"/> puts it in its vendor's shape.</summary>
/// <param name="Kind">What went wrong.</param>
/// <param name="Detail">For people; one sentence without secrets.</param>
public sealed record DialectError(DialectErrorKind Kind, string Detail)
{
    /// <summary>What is wrong with which field, for <see cref="DialectErrorKind.InvalidFields"/>.</summary>
    public IReadOnlyList<FieldFault> Fields { get; init; } = [];

    /// <summary>Characters of the body before the fault, for <see cref="DialectErrorKind.InvalidBody"/>.</summary>
    public long Position { get; init; }

    /// <summary>Whether the client may try again later. Retry-After is then set already, before the dialect writes.</summary>
    public bool IsTransient => Kind is DialectErrorKind.Overloaded or DialectErrorKind.Unavailable or DialectErrorKind.RateLimited;

    /// <summary>What Retry-After says, where it is known; else the Gateway's default.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The usual HTTP status; some vendors answer 400 where this says 422.</summary>
    public int Status => Kind switch
    {
        DialectErrorKind.InvalidBody or DialectErrorKind.InvalidFields or DialectErrorKind.InvalidRequest => StatusCodes.Status422UnprocessableEntity,
        DialectErrorKind.BrokenTransfer => StatusCodes.Status400BadRequest,
        DialectErrorKind.BodyTimeout => StatusCodes.Status408RequestTimeout,
        DialectErrorKind.BodyTooLarge => StatusCodes.Status413PayloadTooLarge,
        DialectErrorKind.UnsupportedMediaType => StatusCodes.Status415UnsupportedMediaType,
        DialectErrorKind.Unauthenticated => StatusCodes.Status401Unauthorized,
        DialectErrorKind.Forbidden => StatusCodes.Status403Forbidden,
        DialectErrorKind.ContentFiltered => StatusCodes.Status400BadRequest,
        DialectErrorKind.Cancelled => StatusCodes.Status409Conflict,
        DialectErrorKind.UnknownRoute or DialectErrorKind.UnknownModel or DialectErrorKind.NotFound => StatusCodes.Status404NotFound,
        DialectErrorKind.WrongMethod => StatusCodes.Status405MethodNotAllowed,
        DialectErrorKind.Overloaded or DialectErrorKind.RateLimited => StatusCodes.Status429TooManyRequests,
        DialectErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        DialectErrorKind.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>What the stages, or the Gateway before them, say.</summary>
    public static DialectError From(GenerationFault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        return new DialectError(fault.Kind switch
        {
            FaultKind.InvalidRequest or FaultKind.Unsupported => DialectErrorKind.InvalidRequest,
            FaultKind.ContentFiltered => DialectErrorKind.ContentFiltered,
            FaultKind.Cancelled => DialectErrorKind.Cancelled,
            FaultKind.Overloaded => DialectErrorKind.Overloaded,
            FaultKind.Unavailable => DialectErrorKind.Unavailable,
            FaultKind.DeadlineExceeded => DialectErrorKind.DeadlineExceeded,
            _ => DialectErrorKind.Internal,
        }, fault.Detail)
        {
            RetryAfter = fault.RetryAfter,
        };
    }

    /// <summary>Fields are at fault.</summary>
    /// <param name="faults">At least one.</param>
    public static DialectError Of(IReadOnlyList<FieldFault> faults) =>
        new(DialectErrorKind.InvalidFields, string.Join("; ", faults.Select(fault => fault.ToString()).Distinct(StringComparer.Ordinal))) { Fields = faults };
}

/// <summary>Ends a request with an error that the dialect words.</summary>
public sealed class DialectException(DialectError error, Exception? inner = null) : Exception(error.Detail, inner)
{
    /// <summary>An error without fields.</summary>
    public DialectException(DialectErrorKind kind, string detail)
        : this(new DialectError(kind, detail))
    {
    }

    /// <summary>What went wrong.</summary>
    public DialectError Error { get; } = error;
}
