using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Imaging;

/// <summary>The model's pixels as a file of the size and format that were asked for.</summary>
internal sealed class PictureWriter(IPictureEncoder encoder)
{
    /// <param name="pixels">[height, width, 3] of the plan's generated size; must stay as they are until the task ends.</param>
    /// <param name="plan">Sizes, format and quality of the file, and what is put over it.</param>
    /// <param name="cancellationToken">Checked before the work; an encoder cannot be stopped.</param>
    public Task<byte[]> WriteAsync(
        ReadOnlyMemory<byte> pixels, GenerationPlan plan, CancellationToken cancellationToken) =>
        // Compressing takes tens of milliseconds; not on a thread that serves connections.
        Task.Run(() =>
        {
            var size = plan.Request.Size ?? plan.Generated;
            var image = CropTo(new RgbImage(plan.Generated.Width, plan.Generated.Height, pixels), size);
            image = ImageResizer.Resize(image, size.Width, size.Height);
            return encoder.Encode(plan.Overlay is { } overlay ? Compose(image, overlay) : image, plan.Request.Format, plan.Request.Quality);
        }, cancellationToken);

    /// <summary>The original where the mask is black, what was drawn where it is white, and between them in proportion.</summary>
    internal static RgbImage Compose(RgbImage drawn, PictureOverlay overlay)
    {
        var over = drawn.Pixels.Span;
        var original = overlay.Original.Pixels.Span;
        var mask = overlay.Mask.Pixels.Span;
        var composed = new byte[over.Length];
        for (var i = 0; i < composed.Length; i++)
        {
            var share = mask[i / RgbImage.Channels];
            composed[i] = (byte)(((over[i] * share) + (original[i] * (255 - share)) + 127) / 255);
        }
        return new RgbImage(drawn.Width, drawn.Height, composed);
    }

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
