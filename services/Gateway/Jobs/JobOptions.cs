namespace QwenMesh.Gateway.Jobs;

/// <summary>Section <c>Jobs</c>. Checked once, before the ports open.</summary>
internal sealed class JobOptions
{
    public const string Section = "Jobs";

    /// <summary>
    /// Folder of the embedded default: jobs.db (SQLite) and the files of jobs. Default empty: "qwenmesh" in the user's folder for application data.
    /// </summary>
    public string Folder { get; set; } = "";

    /// <summary>Connection string of PostgreSQL. Default empty: SQLite in the folder.</summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>Work that may wait, in pictures of 1024 x 1024 with 50 steps; more is refused with 429. 0 lets nothing wait. Default 256.</summary>
    public double MaxQueuedPictures { get; set; } = 256;

    /// <summary>Times that a job is begun when faults that may pass end it. Default 5.</summary>
    public int MaxAttempts { get; set; } = 5;

    /// <summary>Seconds of the pause before the second attempt; it doubles with every further one, up to 60. Default 1.</summary>
    public double RetrySeconds { get; set; } = 1;

    /// <summary>Times that a job is taken up again after the Gateway that ran it has died; then it fails. Default 5.</summary>
    public int MaxLosses { get; set; } = 5;

    /// <summary>Seconds after which a Gateway that has not been heard of loses its jobs to others. Default 15.</summary>
    public double LeaseSeconds { get; set; } = 15;

    /// <summary>Seconds between two looks into the store without a signal. Default 1.</summary>
    public double PollSeconds { get; set; } = 1;

    /// <summary>
    /// Seconds between two checkpoints of a picture that are kept for another Gateway; pictures that take less have none. 0 keeps every one. Default 1.
    /// </summary>
    public double CheckpointSeconds { get; set; } = 1;

    /// <summary>Hours after which a job that nobody waits for is not worth beginning. Default 24.</summary>
    public double DeadlineHours { get; set; } = 24;

    /// <summary>Hours that results are kept after the end of a job. Default 24.</summary>
    public double ResultHours { get; set; } = 24;

    internal string DataFolder => Files.DataFolder.Of(Folder);

    internal long MaxQueuedUnits => (long)Math.Round(MaxQueuedPictures * WorkUnits.Of(new Generation.ImageSize(1024, 1024), steps: 50, count: 1));

    internal IEnumerable<string> Validate()
    {
        (string Key, double Value, double Least, double Most)[] ranges =
        [
            (nameof(MaxQueuedPictures), MaxQueuedPictures, 0, 1e9),
            (nameof(MaxAttempts), MaxAttempts, 1, 1000),
            (nameof(RetrySeconds), RetrySeconds, 0, 60),
            (nameof(MaxLosses), MaxLosses, 0, 1000),
            (nameof(LeaseSeconds), LeaseSeconds, 0.5, 3600),
            (nameof(CheckpointSeconds), CheckpointSeconds, 0, 3600),
            (nameof(PollSeconds), PollSeconds, 0.01, 60),
            (nameof(DeadlineHours), DeadlineHours, 0.001, 24 * 365),
            (nameof(ResultHours), ResultHours, 0.001, 24 * 365),
        ];
        foreach (var (key, value, least, most) in ranges)
        {
            if (!(value >= least && value <= most))
            {
                yield return FormattableString.Invariant($"{Section}:{key} is {value}; {least} to {most} are allowed");
            }
        }
    }
}
