using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Dialects.Fal;

/// <summary>The pictures of a job as answers have them: by address, or in the answer. For one that is withheld stands a black one, as at the vendor.</summary>
internal sealed class FalImages(ResultUrls urls, JobFiles files, IPictureEncoder encoder)
{
    /// <param name="job">With a result.</param>
    /// <param name="baseAddress">How the client reaches this Gateway.</param>
    /// <param name="cancellationToken">The request's.</param>
    /// <exception cref="GenerationException">A file is not kept any more.</exception>
    public async Task<IReadOnlyList<FalImage>> OfAsync(Job job, string baseAddress, CancellationToken cancellationToken)
    {
        var isData = FalExtra.Of(job).IsData;
        var addresses = await urls.OfAsync(job, baseAddress, cancellationToken);
        var images = new List<FalImage>();
        foreach (var picture in job.Result!.Pictures)
        {
            if (picture.IsFiltered)
            {
                var black = Black(picture.Size, job.Request.Format);
                images.Add(new FalImage(Data(black, job.Request.Format), black.Length, picture));
            }
            else
            {
                images.Add(new FalImage(isData ? Data(await FileAsync(job, picture, cancellationToken), job.Request.Format) : addresses[picture.Number]!, picture.Bytes, picture));
            }
        }
        return images;
    }

    private async Task<ReadOnlyMemory<byte>> FileAsync(Job job, JobPicture picture, CancellationToken cancellationToken) =>
        await files.ReadAsync(job, picture, cancellationToken) ?? throw new GenerationException(JobFaults.Gone);

    private byte[] Black(ImageSize size, ImageFormat format) => encoder.Encode(new RgbImage(size.Width, size.Height, new byte[3 * size.Width * size.Height]), format);

    private static string Data(ReadOnlyMemory<byte> file, ImageFormat format) => $"data:{format.MediaType()};base64,{Convert.ToBase64String(file.Span)}";
}

/// <param name="Url">An address, or a data URI.</param>
/// <param name="Bytes">Of the file.</param>
/// <param name="Picture">What it is.</param>
internal sealed record FalImage(string Url, long Bytes, JobPicture Picture);
