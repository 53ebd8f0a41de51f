using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Jobs;

/// <summary>What ended jobs have drawn, with its files.</summary>
internal sealed class JobResults(JobFiles files)
{
    /// <param name="job">One that has ended.</param>
    /// <param name="cancellationToken">The request's.</param>
    /// <exception cref="GenerationException">It has not succeeded, or a picture is not kept any more.</exception>
    public async Task<GenerationResult> ReadAsync(Job job, CancellationToken cancellationToken)
    {
        if (job.Result is not { } result)
        {
            throw new GenerationException(job.Fault ?? (job.State == JobState.Cancelled ? JobFaults.Cancelled : JobFaults.Gone));
        }
        var pictures = new List<GeneratedPicture>();
        foreach (var picture in result.Pictures)
        {
            pictures.Add(Shown(picture, await files.ReadAsync(job, picture, cancellationToken) ?? throw new GenerationException(JobFaults.Gone)));
        }
        return new GenerationResult(pictures, result.Timings, result.PromptTruncated, result.NegativePromptTruncated);
    }

    public static GeneratedPicture Shown(JobPicture picture, ReadOnlyMemory<byte> file) =>
        new(picture.Number, file, picture.Seed, picture.Size) { IsFiltered = picture.IsFiltered };
}
