namespace QwenMesh.Imaging;

/// <summary>What a file's header says.</summary>
/// <param name="Format">The format.</param>
/// <param name="Width">Width in pixels as shown, after the EXIF rotation.</param>
/// <param name="Height">Height in pixels as shown.</param>
/// <param name="HasAlpha">Whether the file has an alpha channel or transparent colours.</param>
public sealed record ImageInfo(ImageFormat Format, int Width, int Height, bool HasAlpha = false);
