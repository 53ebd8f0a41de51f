namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>One transaction that writes.</summary>
internal sealed class StoreSession(JobsDb db, StoreDatabase database, long now, bool isRepeated, CancellationToken cancellationToken)
{
    public JobsDb Db => db;

    public StoreDatabase Database => database;

    /// <summary>The same for everything that it writes (<see cref="Moment"/>).</summary>
    public long Now => now;

    /// <summary>An earlier try has lost its connection; it may be committed or not.</summary>
    public bool IsRepeated => isRepeated;

    public CancellationToken Cancellation => cancellationToken;

    public Notices Notices { get; } = new();

    /// <summary>A job that nobody else can change meanwhile; null when there is none.</summary>
    public async Task<JobRow?> LockAsync(string id) => (await database.LockAsync(db, [id], cancellationToken)).SingleOrDefault();

    /// <summary>Appends an event to a job that is locked, or new.</summary>
    public void Append(JobRow job, JobEventData data, long token = 0)
    {
        job.LastEvent++;
        db.Events.Add(new JobEventRow { JobId = job.Id, Number = job.LastEvent, At = now, AppendToken = token, Data = StoredJson.Write(data) });
        Notices.Job(job.Id);
    }

    /// <summary>Appends events of a job's holder, with the progress that they tell.</summary>
    public void Append(JobRow job, IReadOnlyList<JobEventData> events, long token = 0)
    {
        var steps = StepCounts.Read(job.Steps, job.StepsTotal);
        foreach (var data in events)
        {
            Append(job, data, token);
            steps.Add(data);
        }
        (job.Steps, job.StepsDone, job.StepsTotal) = (steps.ToString() is { Length: > 0 } text ? text : null, steps.Done, steps.Total);
    }

    /// <summary>Makes a webhook due now.</summary>
    public void Due(JobRow job, bool isStart)
    {
        db.Webhooks.Add(new WebhookRow { JobId = job.Id, Address = job.WebhookAddress!, IsStart = isStart, DueAt = now });
        Notices.Webhook();
    }
}
