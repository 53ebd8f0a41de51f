using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Imaging;

/// <summary>Writes a small picture in every format at the start, so that a missing libvips is found then and not by the first client.</summary>
internal sealed class PictureWarmUp : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.Run(() =>
    {
        var image = new RgbImage(16, 16, new byte[16 * 16 * RgbImage.Channels]);
        foreach (var format in new[] { ImageFormat.Png, ImageFormat.Jpeg, ImageFormat.WebP })
        {
            ImageEncoder.Encode(image, format);
        }
    }, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
