namespace QwenMesh.Vae.Pixels;

/// <summary>A decoded picture, [height, width, 3] RGB.</summary>
internal sealed record RgbFrame(int Width, int Height, byte[] Pixels)
{
    public const int Channels = 3;
}
