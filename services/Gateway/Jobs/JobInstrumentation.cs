using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace QwenMesh.Gateway.Jobs;

/// <summary>Spans and metrics of jobs; docs/telemetry.md lists them.</summary>
internal sealed class JobInstrumentation : IDisposable
{
    private readonly ActivitySource _source = new(GatewayInstrumentation.Name);
    private readonly Meter _meter;
    private readonly Counter<long> _submitted;
    private readonly Counter<long> _ended;
    private readonly Histogram<double> _waiting;
    private readonly TimeProvider _time;

    public JobInstrumentation(IMeterFactory meters, JobAdmission admission, RunningJobs running, TimeProvider time)
    {
        _time = time;
        _meter = meters.Create(GatewayInstrumentation.Name);
        _submitted = _meter.CreateCounter<long>("qwenmesh.gateway.jobs.submitted", "{job}", "Jobs that were accepted.");
        _ended = _meter.CreateCounter<long>("qwenmesh.gateway.jobs.ended", "{job}", "Jobs that this gateway has brought to their end.");
        var seconds = new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600] };
        _waiting = _meter.CreateHistogram("qwenmesh.gateway.jobs.waiting", "s", "Seconds from a job's acceptance to its first attempt.", advice: seconds);
        _meter.CreateObservableGauge("qwenmesh.gateway.jobs.queued", () => admission.Load.QueuedJobs, "{job}", "Jobs that wait, of all gateways.");
        _meter.CreateObservableGauge(
            "qwenmesh.gateway.jobs.queued_work", () => admission.Load.QueuedUnits / 1000d, "{step}", "Work that waits, of all gateways, in steps of 1024 x 1024.");
        _meter.CreateObservableGauge("qwenmesh.gateway.jobs.running", () => running.Count, "{job}", "Jobs that this gateway runs.");
    }

    public void Submitted(string dialect) => _submitted.Add(1, new KeyValuePair<string, object?>("dialect", dialect));

    /// <summary>The span of an attempt, in the trace of the request that submitted the job.</summary>
    public Activity? Begin(ClaimedJob claimed)
    {
        if (claimed.Job.Attempts == 1)
        {
            _waiting.Record(Math.Max(0, (_time.GetUtcNow() - claimed.Job.CreatedAt).TotalSeconds));
        }
        // An attempt belongs to the trace of its request, not to the loop that claims.
        Activity.Current = null;
        var span = _source.StartActivity("job", ActivityKind.Consumer, claimed.Job.TraceParent);
        span?.SetTag("qwenmesh.job", claimed.Job.Id);
        span?.SetTag("qwenmesh.attempt", claimed.Job.Attempts);
        return span;
    }

    public void Ended(ClaimedJob claimed, JobEnding ending, Activity? span)
    {
        _ended.Add(1,
            new KeyValuePair<string, object?>("dialect", claimed.Job.Dialect),
            new KeyValuePair<string, object?>("state", ending.State.ToString().ToLowerInvariant()));
        span?.SetStatus(ending.State == JobState.Failed ? ActivityStatusCode.Error : ActivityStatusCode.Ok, ending.Fault?.Detail);
    }

    public void Dispose()
    {
        _source.Dispose();
        _meter.Dispose();
    }
}
