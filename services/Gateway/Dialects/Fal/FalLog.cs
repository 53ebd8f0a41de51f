using System.Globalization;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Fal;

/// <summary>One line of a request's log, from something that happened to its job.</summary>
/// <param name="Message">For people.</param>
/// <param name="Level">"INFO", "WARN" or "ERROR".</param>
/// <param name="At">When.</param>
internal sealed record FalLog(string Message, string Level, DateTimeOffset At)
{
    /// <summary>Null for what nobody has to read.</summary>
    public static FalLog? Of(JobEvent happened) => happened.Data switch
    {
        JobStarted { Attempt: 1 } => new FalLog("started", "INFO", happened.At),
        JobStarted started => new FalLog(Text($"started again, attempt {started.Attempt}"), "INFO", happened.At),
        JobAccepted plan => new FalLog(
            Text($"{plan.Model}: {plan.Count} x {plan.Size}, {plan.Steps} steps, guidance {plan.Guidance}, seed {plan.Seed}"), "INFO", happened.At),
        JobStage { Ended: true } stage => new FalLog(Text($"image {stage.Picture + 1}: {stage.Stage} done"), "INFO", happened.At),
        JobStep step => new FalLog(Text($"image {step.Picture + 1}: step {step.Step} of {step.Total}"), "INFO", happened.At),
        JobRetried retried => new FalLog($"in the queue again: {retried.Reason}", "WARN", happened.At),
        JobEnded { Fault: { } fault } => new FalLog(fault.Detail, "ERROR", happened.At),
        JobEnded ended => new FalLog(ended.State == JobState.Cancelled ? "cancelled" : "completed", "INFO", happened.At),
        _ => null,
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
