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
            var size = request.Size ?? generated;
            var image = CropTo(new RgbImage(generated.Width, generated.Height, pixels), size);
            return encoder.Encode(ImageResizer.Resize(image, size.Width, size.Height), request.Format, request.Quality);
        }, cancellationToken);

    /// <summary>
    /// The middle of a picture in another one's shape. A size off the model's multiple is drawn at the next smaller one, whose shape may differ: what is too
    /// much on one axis is cut off, so that both axes are scaled alike and circles stay round.
    /// </summary>
    internal static RgbImage CropTo(RgbImage image, ImageSize shape)
    {
        var width = (int)Math.Clamp(Math.Round((double)image.Height * shape.Width / shape.Height), 1, image.Width);
        var height = (int)Math.Clamp(Math.Round((double)image.Width * shape.Height / shape.Width), 1, image.Height);
        if (width == image.Width && height == image.Height)
        {
            return image;
        }
        var (left, top) = ((image.Width - width) / 2, (image.Height - height) / 2);
        var cropped = new byte[width * height * RgbImage.Channels];
        for (var row = 0; row < height; row++)
        {
            image.Pixels.Span.Slice((((top + row) * image.Width) + left) * RgbImage.Channels, width * RgbImage.Channels)
                .CopyTo(cropped.AsSpan(row * width * RgbImage.Channels));
        }
        return new RgbImage(width, height, cropped);
    }
}
