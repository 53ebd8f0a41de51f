namespace QwenMesh.Imaging;

/// <summary>Sides of a picture in pixels.</summary>
public readonly record struct PixelSize(int Width, int Height);
