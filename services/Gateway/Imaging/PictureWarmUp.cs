using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Imaging;

/// <summary>
/// Writes a small picture in every format at the start and reads it again: a machine without the native library is told then, and not by
/// the first client.
/// </summary>
internal sealed class PictureWarmUp(IPictureEncoder encoder, IPictureDecoder decoder) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.Run(() =>
    {
        var image = new RgbImage(16, 16, new byte[16 * 16 * RgbImage.Channels]);
        foreach (var format in new[] { ImageFormat.Png, ImageFormat.Jpeg, ImageFormat.WebP })
        {
            decoder.Decode(encoder.Encode(image, format), new ImageLimits());
        }
    }, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
