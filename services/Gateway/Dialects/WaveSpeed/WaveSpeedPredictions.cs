using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.WaveSpeed;

/// <summary>Predictions of jobs: with addresses, or with the pictures where the client has asked for those.</summary>
internal sealed class WaveSpeedPredictions(ResultUrls results, FileUrls urls, JobFiles files)
{
    /// <param name="job">One of this dialect.</param>
    /// <param name="baseAddress">How the client reaches this Gateway.</param>
    /// <param name="cancellationToken">The request's.</param>
    /// <exception cref="GenerationException">A picture is not kept any more.</exception>
    public async Task<WaveSpeedPrediction> OfAsync(Job job, string baseAddress, CancellationToken cancellationToken)
    {
        var input = WaveSpeedInput.Of(job);
        if (!input.IsBase64)
        {
            return await WithAddressesAsync(job, baseAddress, cancellationToken);
        }
        var pictures = new List<ReadOnlyMemory<byte>>();
        foreach (var picture in job.Result?.Pictures.Where(picture => !picture.IsFiltered) ?? [])
        {
            pictures.Add(await files.ReadAsync(job, picture, cancellationToken) ?? throw new GenerationException(JobFaults.Gone));
        }
        return new WaveSpeedPrediction(job, input, Address(job, input, baseAddress), [], pictures);
    }

    /// <summary>With addresses, whatever was asked for: for lists, which would have hundreds of megabytes.</summary>
    public async Task<WaveSpeedPrediction> WithAddressesAsync(Job job, string baseAddress, CancellationToken cancellationToken)
    {
        var input = WaveSpeedInput.Of(job);
        var outputs = (await results.OfAsync(job, baseAddress, cancellationToken)).OfType<string>();
        return new WaveSpeedPrediction(job, input, Address(job, input, baseAddress), [.. outputs], []);
    }

    private string Address(Job job, WaveSpeedInput input, string baseAddress) => urls.Absolute(baseAddress, $"{input.Prefix}/predictions/{job.Id}/result");
}
