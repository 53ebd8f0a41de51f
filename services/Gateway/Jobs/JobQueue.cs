using System.Diagnostics;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Jobs;

/// <summary>What dialects submit to. Accepted is stored: from then on a job ends, whatever dies.</summary>
internal sealed class JobQueue(
    IJobStore store, JobFiles files, JobAdmission admission, IGuardrails guardrails, JobInstrumentation instrumentation, RunningJobs running,
    IOptions<JobOptions> options, TimeProvider time)
{
    /// <summary>Refuses when nothing more may wait, before a body is read.</summary>
    /// <exception cref="GenerationException">The queue is full.</exception>
    public void RefuseWhenFull() => admission.RefuseWhenFull();

    /// <summary>Accepts a job. When this returns it is stored, with its pictures.</summary>
    /// <param name="submission">Checked by its dialect.</param>
    /// <param name="served">The model that it names.</param>
    /// <param name="cancellationToken">The request's.</param>
    /// <returns>The job, queued; an earlier one for a known idempotency key.</returns>
    /// <exception cref="GenerationException">The model does not do it, its deadline has passed, the queue is full, or a guardrail refuses it.</exception>
    public Task<Job> SubmitAsync(JobSubmission submission, ServedModel served, CancellationToken cancellationToken) =>
        SubmitAsync(NewId(), submission, served, cancellationToken);

    /// <inheritdoc cref="SubmitAsync(JobSubmission, ServedModel, CancellationToken)"/>
    public async Task<Job> SubmitAsync(string id, JobSubmission submission, ServedModel served, CancellationToken cancellationToken)
    {
        // A repeated submission asks for what was accepted: also when the queue is full now, or its deadline has passed.
        if (submission.IdempotencyKey is { } key && await store.FindAsync(submission.Owner, submission.Dialect, key, cancellationToken) is { } earlier)
        {
            return earlier;
        }
        var request = submission.Request with { Model = submission.Request.Model ?? served.ModelId };
        if (request.Deadline <= time.GetUtcNow())
        {
            throw new GenerationException(JobFaults.TooLate);
        }
        GenerationPlanner.Admit(request, served);
        await guardrails.CheckAsync(request, submission.Owner, cancellationToken);
        var units = WorkUnits.Of(
            request.Size ?? served.Profile.Sizes.Default, request.Steps ?? served.Profile.Steps?.Default ?? GenerationPlanner.DefaultSteps, request.Count);
        await admission.AdmitAsync(units, cancellationToken);
        await files.PutAsync(request, id, cancellationToken);
        var now = time.GetUtcNow();
        var job = new Job
        {
            Id = id,
            Dialect = submission.Dialect,
            Owner = submission.Owner,
            Request = StoredRequest.WithoutFiles(request),
            Extra = submission.Extra,
            BaseAddress = submission.BaseAddress,
            TraceParent = Activity.Current?.Id,
            CreatedAt = now,
        };
        var stored = await store.AddAsync(
            new NewJob(
                job, StoredRequest.Write(request), submission with { Request = request }, units,
                request.Deadline ?? now + TimeSpan.FromHours(options.Value.DeadlineHours)),
            cancellationToken);
        if (stored.Id != id)
        {
            await files.DeleteAsync(id, cancellationToken);
            return stored;
        }
        instrumentation.Submitted(submission.Dialect, served.ModelId);
        return stored;
    }

    /// <summary>Null when there is none, or it is another owner's.</summary>
    public async Task<Job?> FindAsync(string id, string owner, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken) is { } job && job.Owner == owner ? job : null;

    public Task<JobPage> ListAsync(JobQuery query, CancellationToken cancellationToken) => store.ListAsync(query, cancellationToken);

    /// <summary>Ends a job: at once when it waits, within a step when it runs; one that has ended stays as it is.</summary>
    /// <returns>As it is now; null when there is none, or it is another owner's.</returns>
    public async Task<Job?> CancelAsync(string id, string owner, CancellationToken cancellationToken)
    {
        var job = await FindAsync(id, owner, cancellationToken);
        if (job is null || job.State.IsEnd())
        {
            return job;
        }
        running.Stop(id, StopReason.Cancelled);
        return await store.CancelAsync(id, cancellationToken);
    }

    internal static string NewId() => TimedId.Next(DateTimeOffset.UtcNow);
}
