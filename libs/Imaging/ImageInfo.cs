namespace QwenMesh.Imaging;

/// <summary>What a file's header says.</summary>
/// <param name="Format">The format.</param>
/// <param name="Width">Stored width in pixels, before the EXIF rotation is applied.</param>
/// <param name="Height">Stored height in pixels.</param>
public sealed record ImageInfo(ImageFormat Format, int Width, int Height);
