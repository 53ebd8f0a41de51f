using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.WaveSpeed;

/// <summary>{"code":400,"message":"..."} with the HTTP status as code; and the codes of predictions that have failed.</summary>
internal static class WaveSpeedErrors
{
    public const int TimedOut = 5004;

    private const int ContentModeration = 1200;
    private const int InvalidParameter = 1401;
    private const int TaskFailed = 1405;
    private const int InternalError = 5000;
    private const int NotAvailable = 5003;

    public static Task WriteAsync(HttpContext context, DialectError error)
    {
        var status = error.Status == StatusCodes.Status422UnprocessableEntity ? StatusCodes.Status400BadRequest : error.Status;
        return JsonAnswer.WriteAsync(context, status, json =>
        {
            json.WriteNumber("code", status);
            json.WriteString("message", error.Detail);
        });
    }

    /// <summary>Why a prediction has no picture; null while it may have one.</summary>
    public static (int Code, string Text)? Of(Job job) => job.State switch
    {
        JobState.Failed when job.Fault is { } fault => (Code(fault.Kind), fault.Detail),
        JobState.Failed => (InternalError, "the task failed"),
        JobState.Cancelled => (TaskFailed, "the task was cancelled"),
        JobState.Succeeded when job.Result!.Pictures.All(picture => picture.IsFiltered) =>
            (ContentModeration, "the picture is withheld: content moderation flagged it"),
        _ => null,
    };

    private static int Code(FaultKind kind) => kind switch
    {
        FaultKind.ContentFiltered => ContentModeration,
        FaultKind.InvalidRequest or FaultKind.Unsupported => InvalidParameter,
        FaultKind.Cancelled => TaskFailed,
        FaultKind.Overloaded or FaultKind.Unavailable => NotAvailable,
        FaultKind.DeadlineExceeded => TimedOut,
        _ => InternalError,
    };
}
