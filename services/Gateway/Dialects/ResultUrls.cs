using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Dialects;

/// <summary>Where clients fetch the pictures of a job.</summary>
internal sealed class ResultUrls(FileUrls urls)
{
    /// <summary>The address of each picture of a job that has succeeded, in order; null for one that a guardrail withholds.</summary>
    /// <param name="job">With a result.</param>
    /// <param name="baseAddress">How the client reaches this Gateway, e.g. <see cref="DialectCall.BaseAddress"/>.</param>
    /// <param name="cancellationToken">The request's.</param>
    public async Task<IReadOnlyList<string?>> OfAsync(Job job, string baseAddress, CancellationToken cancellationToken)
    {
        var addresses = new List<string?>();
        foreach (var picture in job.Result?.Pictures ?? [])
        {
            addresses.Add(picture.IsFiltered
                ? null
                : await urls.ForAsync(
                    baseAddress, BlobKeys.Result(job.Id, picture.Fence, picture.Number), job.Request.Format.MediaType(), job.ExpiresAt, cancellationToken));
        }
        return addresses;
    }
}
