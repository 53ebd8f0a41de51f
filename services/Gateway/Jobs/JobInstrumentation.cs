using System.Diagnostics;
using System.Diagnostics.Metrics;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Jobs;

/// <summary>Spans and metrics of jobs; docs/telemetry.md lists them.</summary>
internal sealed class JobInstrumentation : IDisposable
{
    private readonly ActivitySource _source = new(GatewayInstrumentation.Name);
    private readonly Meter _meter;
    private readonly Counter<long> _submitted;
    private readonly Counter<long> _ended;
    private readonly Histogram<double> _waiting;
    private readonly Histogram<double> _duration;
    private readonly JobAdmission _admission;
    private readonly ModelDirectory _models;
    private readonly TimeProvider _time;

    public JobInstrumentation(IMeterFactory meters, JobAdmission admission, RunningJobs running, ModelDirectory models, TimeProvider time)
    {
        (_admission, _models, _time) = (admission, models, time);
        _meter = meters.Create(GatewayInstrumentation.Name);
        _submitted = _meter.CreateCounter<long>("qwenmesh.gateway.jobs.submitted", "{job}", "Jobs that were accepted.");
        _ended = _meter.CreateCounter<long>("qwenmesh.gateway.jobs.ended", "{job}", "Jobs that this gateway has brought to their end.");
        var seconds = new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600] };
        _waiting = _meter.CreateHistogram("qwenmesh.gateway.jobs.waiting", "s", "Seconds from a job's acceptance to its first attempt.", advice: seconds);
        _duration = _meter.CreateHistogram("qwenmesh.gateway.jobs.duration", "s", "Seconds from a job's acceptance to its end.", advice: seconds);
        _meter.CreateObservableGauge("qwenmesh.gateway.jobs.queued", () => Look().QueuedJobs, "{job}", "Jobs that wait, of all gateways.");
        _meter.CreateObservableGauge("qwenmesh.gateway.jobs.oldest", OldestSeconds, "s", "How long the job that was accepted first of those that wait has waited.");
        _meter.CreateObservableGauge(
            "qwenmesh.gateway.jobs.queued_work", () => Look().QueuedUnits / 1000d, "{step}", "Work that waits, of all gateways, in steps of 1024 x 1024.");
        _meter.CreateObservableGauge("qwenmesh.gateway.jobs.running", () => running.Count, "{job}", "Jobs that this gateway runs.");
    }

    /// <param name="dialect">Of the job.</param>
    /// <param name="model">The checkpoint's name, not the one of many that a caller may write.</param>
    public void Submitted(string dialect, string model) =>
        _submitted.Add(1, new KeyValuePair<string, object?>("dialect", dialect), new KeyValuePair<string, object?>("model", model));

    /// <summary>The span of an attempt, in the trace of the request that submitted the job.</summary>
    public Activity? Begin(ClaimedJob claimed)
    {
        // An attempt belongs to the trace of its request, not to the loop that claims.
        Activity.Current = null;
        if (claimed.Job.Attempts == 1)
        {
            _waiting.Record(SecondsOf(claimed));
            _source.StartActivity("queue", ActivityKind.Internal, claimed.Job.TraceParent, startTime: claimed.Job.CreatedAt)?.Dispose();
        }
        var span = _source.StartActivity("job", ActivityKind.Consumer, claimed.Job.TraceParent);
        span?.SetTag("qwenmesh.job", claimed.Job.Id);
        span?.SetTag("qwenmesh.attempt", claimed.Job.Attempts);
        return span;
    }

    public void Ended(ClaimedJob claimed, JobEnding ending, Activity? span)
    {
        var tags = new TagList
        {
            { "dialect", claimed.Job.Dialect },
            { "model", ModelOf(claimed) },
            { "state", ending.State.ToString().ToLowerInvariant() },
        };
        _ended.Add(1, tags);
        _duration.Record(SecondsOf(claimed), tags);
        span?.SetStatus(ending.State == JobState.Failed ? ActivityStatusCode.Error : ActivityStatusCode.Ok, ending.Fault?.Detail);
    }

    // What a collector gets is the queue as it was when it asked last: a measurement cannot wait for the database.
    private QueueLoad Look()
    {
        _admission.LookAgain();
        return _admission.Load;
    }

    private double OldestSeconds() => Look().OldestQueued is { } oldest ? Math.Max(0, (_time.GetUtcNow() - oldest).TotalSeconds) : 0;

    private double SecondsOf(ClaimedJob claimed) => Math.Max(0, (_time.GetUtcNow() - claimed.Job.CreatedAt).TotalSeconds);

    // A model that is served no more has no name that is known to be one of few.
    private string ModelOf(ClaimedJob claimed) => (claimed.Job.Request.Model is { } name ? _models.Find(name) : _models.Current)?.ModelId ?? "unknown";

    public void Dispose()
    {
        _source.Dispose();
        _meter.Dispose();
    }
}
