using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Jobs;

/// <summary>
/// The files of jobs, between the drawing and the blob store. Guardrails see every one first. A store that cannot be reached is a
/// <see cref="GenerationException"/> with <see cref="BlobFaults.Unreachable"/>, which a client may try again after.
/// </summary>
internal sealed class JobFiles(IBlobStore blobs, IGuardrails guardrails, KeptPreviews previews)
{
    /// <summary>Keeps a finished picture, unless it is withheld.</summary>
    public async Task<(GeneratedPicture Shown, JobPicture Kept)> KeepAsync(ClaimedJob claimed, GeneratedPicture picture)
    {
        var job = claimed.Job;
        if (await guardrails.IsWithheldAsync(picture.File, job.Request.Format, job.Owner, job.Id, CancellationToken.None))
        {
            picture = picture with { File = ReadOnlyMemory<byte>.Empty, IsFiltered = true };
        }
        else
        {
            await PutAsync(BlobKeys.Result(job.Id, claimed.Claim.Fence, picture.Number), picture.File, job);
        }
        return (picture, new JobPicture(picture.Number, picture.Seed, picture.Size, picture.File.Length, picture.IsFiltered, claimed.Claim.Fence));
    }

    /// <summary>Keeps a preview.</summary>
    /// <returns>Its key; null when it is withheld.</returns>
    public async Task<string?> KeepAsync(ClaimedJob claimed, PreviewDrawn preview)
    {
        var job = claimed.Job;
        if (await guardrails.IsWithheldAsync(preview.File, job.Request.Format, job.Owner, job.Id, CancellationToken.None))
        {
            return null;
        }
        var key = BlobKeys.Preview(job.Id, claimed.Claim.Fence, preview.Picture, preview.Step);
        await PutAsync(key, preview.File, job);
        previews.Add(job.Id);
        return key;
    }

    /// <summary>A picture of a job that has succeeded; empty when it is withheld, null when it is not kept any more.</summary>
    public async Task<ReadOnlyMemory<byte>?> ReadAsync(Job job, JobPicture picture, CancellationToken cancellationToken) =>
        picture.IsFiltered
            ? ReadOnlyMemory<byte>.Empty
            : await BlobFaults.ReachAsync(() => blobs.GetAsync(BlobKeys.Result(job.Id, picture.Fence, picture.Number), cancellationToken));

    public Task<ReadOnlyMemory<byte>?> ReadPreviewAsync(JobPreview preview, CancellationToken cancellationToken) =>
        BlobFaults.ReachAsync(() => blobs.GetAsync(preview.Key, cancellationToken));

    /// <summary>Pictures that a request came with.</summary>
    public Task PutAsync(GenerationRequest request, string job, CancellationToken cancellationToken) =>
        BlobFaults.ReachAsync(() => StoredRequest.PutFilesAsync(request, job, blobs, cancellationToken));

    public Task<GenerationRequest> ReadRequestAsync(ClaimedJob claimed, CancellationToken cancellationToken) =>
        BlobFaults.ReachAsync(() => StoredRequest.ReadWithFilesAsync(claimed.Request, claimed.Job.Id, blobs, cancellationToken));

    public Task DeleteAsync(string job, CancellationToken cancellationToken) => blobs.DeleteAsync(BlobKeys.All(job), cancellationToken);

    private Task PutAsync(string key, ReadOnlyMemory<byte> file, Job job) =>
        BlobFaults.ReachAsync(() => blobs.PutAsync(key, file, job.Request.Format.MediaType(), CancellationToken.None));
}
