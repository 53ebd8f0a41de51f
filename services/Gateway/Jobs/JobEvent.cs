using System.Text.Json.Serialization;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Jobs;

/// <summary>Something that happened to a job, as it is stored.</summary>
/// <param name="Number">From 1, without gaps.</param>
/// <param name="At">When.</param>
/// <param name="Data">What.</param>
internal sealed record JobEvent(long Number, DateTimeOffset At, JobEventData Data);

[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(JobQueued), "queued")]
[JsonDerivedType(typeof(JobStarted), "started")]
[JsonDerivedType(typeof(JobAccepted), "accepted")]
[JsonDerivedType(typeof(JobStage), "stage")]
[JsonDerivedType(typeof(JobStep), "step")]
[JsonDerivedType(typeof(JobPreview), "preview")]
[JsonDerivedType(typeof(JobPictureDrawn), "picture")]
[JsonDerivedType(typeof(JobRetried), "retried")]
[JsonDerivedType(typeof(JobEnded), "ended")]
internal abstract record JobEventData;

/// <summary>It is stored; always the first.</summary>
internal sealed record JobQueued : JobEventData;

/// <summary>A Gateway has begun it.</summary>
internal sealed record JobStarted(int Attempt) : JobEventData;

/// <summary>What will be drawn is known.</summary>
internal sealed record JobAccepted(string Model, ImageSize Size, int Steps, double Guidance, ulong Seed, int Count) : JobEventData;

/// <inheritdoc cref="StageProgress"/>
internal sealed record JobStage(string Stage, int Picture, bool Ended) : JobEventData;

/// <inheritdoc cref="StepProgress"/>
internal sealed record JobStep(int Picture, int Step, int Total) : JobEventData;

/// <summary>A preview is stored under <see cref="Key"/>, until a minute after the job's end (<see cref="KeptPreviews"/>).</summary>
internal sealed record JobPreview(int Picture, int Step, string Key) : JobEventData;

/// <summary>A picture is stored.</summary>
internal sealed record JobPictureDrawn(JobPicture Picture) : JobEventData;

/// <summary>It is back in the queue.</summary>
internal sealed record JobRetried(string Reason) : JobEventData;

/// <summary>The end; always the last.</summary>
internal sealed record JobEnded(JobState State, GenerationFault? Fault) : JobEventData;
