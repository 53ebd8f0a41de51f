using QwenMesh.Gateway.Generation;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Imaging;

/// <summary>The model's pixels as a file of the size and format that were asked for.</summary>
internal sealed class PictureWriter(IPictureEncoder encoder)
{
    /// <param name="pixels">[height, width, 3] of <paramref name="generated"/>; must stay as they are until the task ends.</param>
    /// <param name="generated">Size of the pixels.</param>
    /// <param name="request">Size, format and quality of the file.</param>
    /// <param name="cancellationToken">Checked before the work; an encoder cannot be stopped.</param>
    public Task<byte[]> WriteAsync(
        ReadOnlyMemory<byte> pixels, ImageSize generated, GenerationRequest request, CancellationToken cancellationToken) =>
        // Compressing takes tens of milliseconds; not on a thread that serves connections.
        Task.Run(() =>
        {
            var image = new RgbImage(generated.Width, generated.Height, pixels);
            var resized = ImageResizer.Resize(image, request.Size.Width, request.Size.Height);
            return encoder.Encode(resized, request.Format, request.Quality);
        }, cancellationToken);
}
