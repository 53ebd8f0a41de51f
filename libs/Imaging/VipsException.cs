namespace QwenMesh.Imaging;

/// <summary>libvips is missing, too old, or failed at something that is not the fault of an image file.</summary>
public sealed class VipsException(string message, Exception? innerException = null) : Exception(message, innerException);
