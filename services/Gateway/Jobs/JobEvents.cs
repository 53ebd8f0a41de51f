using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Jobs;

/// <summary>Events of a generation as they are stored; pictures and previews are stored first, and told by the one who does that.</summary>
internal static class JobEvents
{
    /// <param name="happened">Anything but a picture or a preview.</param>
    /// <param name="model">Id of the model that draws.</param>
    public static JobEventData Of(GenerationEvent happened, string model) => happened switch
    {
        GenerationAccepted { Request: var request } =>
            new JobAccepted(model, request.Size!.Value, request.Steps!.Value, request.Guidance!.Value, request.Seed, request.Count),
        StageProgress stage => new JobStage(stage.Stage, stage.Picture, stage.Ended),
        StepProgress step => new JobStep(step.Picture, step.Step, step.Total),
        _ => throw new ArgumentException($"{happened.GetType().Name} is not stored as it is", nameof(happened)),
    };

    /// <summary>Whether those who watch are to see it at once; what is not may be kept back for a moment, to be stored with others.</summary>
    public static bool IsUrgent(JobEventData data) => data is not (JobStep or JobStage);
}
