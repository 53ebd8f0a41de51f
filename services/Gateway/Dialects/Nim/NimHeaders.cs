using System.Globalization;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Nim;

/// <summary>Headers of the hosted form (NVCF), in requests and in answers.</summary>
internal static class NimHeaders
{
    public const string PollSeconds = "NVCF-POLL-SECONDS";
    public const string InputAssets = "NVCF-INPUT-ASSET-REFERENCES";
    public const string FunctionAssets = "NVCF-FUNCTION-ASSET-IDS";
    public const string RequestId = "NVCF-REQID";
    public const string Status = "NVCF-STATUS";
    public const string PercentComplete = "NVCF-PERCENT-COMPLETE";

    /// <summary>Clients that want no 202 send as much as this.</summary>
    public const int MaxPollSeconds = 3600;

    /// <summary>How long the client lets its answer be held; null when it does not say.</summary>
    /// <exception cref="DialectException">It is no whole number of the range.</exception>
    public static TimeSpan? Hold(IHeaderDictionary headers)
    {
        var sent = headers[PollSeconds].ToString();
        if (sent.Length == 0)
        {
            return null;
        }
        return int.TryParse(sent, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= MaxPollSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw new DialectException(DialectErrorKind.InvalidRequest, $"{PollSeconds} is '{Echo.Cut(sent)}'; a whole number from 0 to {MaxPollSeconds} is allowed");
    }

    /// <summary>Says which request it is and where it stands.</summary>
    public static void Set(HttpResponse response, Job job)
    {
        response.Headers[RequestId] = job.Id;
        response.Headers[Status] = job.State switch
        {
            JobState.Queued or JobState.Running => "pending-evaluation",
            JobState.Succeeded => "fulfilled",
            _ => "errored",
        };
        response.Headers[PercentComplete] = ((int)(100 * job.Progress)).ToString(CultureInfo.InvariantCulture);
    }
}
