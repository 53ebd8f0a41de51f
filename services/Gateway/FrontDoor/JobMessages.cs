using System.Diagnostics;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using WireAccepted = QwenMesh.Protocol.V1.GenerationAccepted;

namespace QwenMesh.Gateway.FrontDoor;

/// <summary>Jobs and their events as messages.</summary>
internal static class JobMessages
{
    public static GenerationJob Of(Job job) => new()
    {
        Id = job.Id,
        State = State(job.State),
        Model = job.Request.Model ?? "",
        StepsDone = job.StepsDone,
        StepsTotal = job.StepsTotal,
        Attempts = job.Attempts,
        CancelRequested = job.CancelRequested,
        Created = Timestamp.FromDateTimeOffset(job.CreatedAt),
        Started = job.StartedAt is { } started ? Timestamp.FromDateTimeOffset(started) : null,
        Ended = job.EndedAt is { } ended ? Timestamp.FromDateTimeOffset(ended) : null,
        Fault = Fault(job.Fault),
    };

    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT.</exception>
    public static JobState State(GenerationJobState state) => state switch
    {
        GenerationJobState.Queued => JobState.Queued,
        GenerationJobState.Running => JobState.Running,
        GenerationJobState.Succeeded => JobState.Succeeded,
        GenerationJobState.Failed => JobState.Failed,
        GenerationJobState.Cancelled => JobState.Cancelled,
        var unknown => throw GenerationStatus.Invalid("states", $"{(int)unknown} is not one that this version knows"),
    };

    /// <summary>One message; several for a picture.</summary>
    public static async IAsyncEnumerable<GenerationJobEvent> OfAsync(
        JobEvent happened, Job job, JobFiles files, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (happened.Data is JobPictureDrawn { Picture: var picture })
        {
            foreach (var image in await JobImages.OfAsync(picture, job, files, cancellationToken))
            {
                var message = Empty(happened);
                message.Image = image;
                yield return message;
            }
            yield break;
        }
        var single = Empty(happened);
        switch (happened.Data)
        {
            case JobQueued:
                single.Queued = new JobQueuedEvent();
                break;
            case JobStarted started:
                single.Started = new JobStartedEvent { Attempt = started.Attempt };
                break;
            case JobAccepted accepted:
                single.Accepted = new WireAccepted
                {
                    Model = accepted.Model,
                    Width = accepted.Size.Width,
                    Height = accepted.Size.Height,
                    Steps = accepted.Steps,
                    Guidance = accepted.Guidance,
                    Seed = accepted.Seed,
                    Count = accepted.Count,
                };
                break;
            case JobStage stage:
                single.Progress = new GenerationProgress { Stage = stage.Stage, Picture = stage.Picture, Step = stage.Ended ? 1 : 0, Total = 1 };
                break;
            case JobStep step:
                single.Progress = new GenerationProgress { Stage = "denoise", Picture = step.Picture, Step = step.Step, Total = step.Total };
                break;
            case JobPreview preview:
                var drawn = await files.ReadPreviewAsync(preview, cancellationToken) ?? ReadOnlyMemory<byte>.Empty;
                single.Preview = new GenerationPreview { Picture = preview.Picture, Step = preview.Step, Image = UnsafeByteOperations.UnsafeWrap(drawn) };
                break;
            case JobRetried retried:
                single.Retried = new JobRetriedEvent { Reason = retried.Reason };
                break;
            case JobEnded ended:
                single.Ended = new JobEndedEvent { State = State(ended.State), Fault = Fault(ended.Fault) };
                break;
            default:
                throw new UnreachableException($"an event of type {happened.Data.GetType().Name}");
        }
        yield return single;
    }

    private static GenerationJobEvent Empty(JobEvent happened) => new() { Number = happened.Number, Time = Timestamp.FromDateTimeOffset(happened.At) };

    private static GenerationJobState State(JobState state) => (GenerationJobState)(state + 1);

    private static JobFault? Fault(GenerationFault? fault)
    {
        if (fault is null)
        {
            return null;
        }
        var status = GenerationStatus.Of(fault);
        return new JobFault
        {
            Stage = fault.Stage ?? GenerationStatus.Self,
            Code = (int)status.StatusCode,
            Detail = fault.Detail,
            Reason = StageFaults.Read(status)?.Reason ?? "",
        };
    }
}
